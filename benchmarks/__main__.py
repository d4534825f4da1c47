"""Run every benchmark against a server of its own and print the ratios."""

import sys

from benchmarks import reads, run_start, scale
from benchmarks.server import serving


def main() -> int:
    """Run all benchmarks; return the exit code."""
    with serving() as server:
        print(reads.report(server.address))
        print(run_start.report(server.address))
    with serving() as server:
        print(scale.report(server))
    return 0


if __name__ == "__main__":
    sys.exit(main())
