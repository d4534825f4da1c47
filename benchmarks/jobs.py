"""Jobs over HTTP, from the request to the result in the client's hands.

The peer is a bare interpreter that runs the same program: what it costs at least when nothing is
isolated, stored or sent.
"""

import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable
from statistics import median, quantiles
from typing import Any

import orjson
import urllib3

from benchmarks.measure import race

PROGRAM = "print(6 * 7)"
CLIENTS = 3
SATURATION_SECONDS = 10.0

Json = dict[str, Any]


class JobsApi:
    """A bare client of the jobs API; threads may share it."""

    def __init__(self, address: str) -> None:
        parsed = urllib.parse.urlsplit(address)
        self._pool = urllib3.HTTPConnectionPool(parsed.hostname or "", parsed.port, maxsize=CLIENTS)

    def call(self, method: str, target: str, body: Json | None = None) -> Json:
        """Make a request and return the answer's body.

        Raises:
            RuntimeError: It is an error.
        """
        answer = self._pool.urlopen(
            method,
            target,
            body=None if body is None else orjson.dumps(body),
            headers={"Content-Type": "application/json"},
            retries=False,
        )
        if answer.status >= 400:
            raise RuntimeError(f"{answer.status}: {answer.data[:500]!r}")
        found: Json = orjson.loads(answer.data)
        return found

    def execute(self, program: str = PROGRAM, job_type: str = "default") -> Json:
        """Run a program by a held request; its end must be a good one."""
        ended = self.call("POST", "/execute", {"code": program, "job_type": job_type})
        if not ended["success"]:
            raise RuntimeError(f"the program failed: {ended}")
        return ended

    def submit(self, program: str = PROGRAM) -> str:
        """Submit a program; return the job's ID."""
        submitted = self.call("POST", "/execute/async", {"code": program})
        return str(submitted["job_id"])

    def result(self, job_id: str) -> Json:
        """Wait for a job's end."""
        return self.call("GET", f"/jobs/{job_id}/result?timeout=60")


def report(address: str) -> str:
    """Measure held and submitted jobs, one at a time and as many as go; return text."""
    api = JobsApi(address)
    settle(api)
    single = race(
        {
            "bare python -I -S -c": spawn,
            "POST /execute": api.execute,
            "submit, then result": lambda: api.result(api.submit()),
        },
        peer="bare python -I -S -c",
        rounds=30,
        calls=1,
    )
    spread = latencies(api.execute, 100)
    rates = [saturate(spawn), saturate(api.execute)]
    return "\n".join(
        [
            "Jobs over HTTP",
            *(contest.row() for contest in single),
            f"{'POST /execute, one after the other':<42}{spread}",
            f"{'bare spawns, 3 at a time':<42}{rates[0]:>9.0f}/s     1.00x",
            f"{'POST /execute, 3 at a time':<42}{rates[1]:>9.0f}/s{rates[1] / rates[0]:>9.2f}x",
            "",
        ]
    )


def settle(api: JobsApi) -> None:
    """Have the pool of sandboxes filled: it starts to fill with the first job."""
    for _ in range(5):
        api.execute()
        # The pool fills in its own time and tells nobody; this is a benchmark's warm-up, no wait.
        time.sleep(0.5)


def spawn() -> object:
    """Run the program in a bare interpreter."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", PROGRAM], check=True, stdout=subprocess.PIPE
    )


def latencies(call: Callable[[], object], rounds: int) -> str:
    """Return median and 99th percentile of calls one after the other."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    p99 = quantiles(seconds, n=100)[98]
    return f"p50 {median(seconds) * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms"


def saturate(call: Callable[[], object]) -> float:
    """Return calls per second with `CLIENTS` threads that call without a pause."""
    until = time.perf_counter() + SATURATION_SECONDS
    counts = [0] * CLIENTS

    def work(index: int) -> None:
        while time.perf_counter() < until:
            call()
            counts[index] += 1

    threads = [threading.Thread(target=work, args=(index,)) for index in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)
