"""Lay the planes of audits anew after a change of prototypes.toml."""

from pathlib import Path

import numpy as np

from evalwright_server.audits import prototypes
from evalwright_server.audits.planes import lay_planes
from evalwright_server.embeddings import open_embedder


def main() -> None:
    """Write the file."""
    planes = lay_planes(open_embedder())
    place = Path(prototypes.__file__).with_name(prototypes.PLANES)
    values = np.stack(list(planes.values())).astype(np.float32)
    np.savez(place, codes=np.array(list(planes)), planes=values)
    print(f"{len(planes)} planes in {place.name}")


if __name__ == "__main__":
    main()
