"""Run every benchmark against a server of its own and print the ratios."""

import sys

from benchmarks import reads, run_start
from benchmarks.server import serving


def main() -> int:
    """Run all benchmarks; return the exit code."""
    with serving() as address:
        print(reads.report(address))
        print(run_start.report(address))
    return 0


if __name__ == "__main__":
    sys.exit(main())
