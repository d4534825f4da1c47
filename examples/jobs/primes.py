"""A job: it reads /input/data.json, prints how far it is and leaves its results in /output."""

import json
from pathlib import Path

limit = json.loads(Path("/input/data.json").read_text()).get("limit", 1000)
primes = [n for n in range(2, limit) if all(n % d for d in range(2, int(n**0.5) + 1))]
print(f"{len(primes)} primes below {limit}")
Path("/output/primes.txt").write_text("\n".join(map(str, primes)))
Path("/output/result.json").write_text(json.dumps({"count": len(primes), "last": primes[-1]}))
