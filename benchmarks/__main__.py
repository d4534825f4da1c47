"""Run every benchmark against a server of its own and print the ratios."""

import sys

from benchmarks import jobs, many_jobs, metrics, reads, run_start, sandboxes, scale
from benchmarks.server import serving


def main() -> int:
    """Run all benchmarks; return the exit code."""
    with serving() as server:
        print(reads.report(server.address))
        print(run_start.report(server.address))
    print(sandboxes.report())
    print(metrics.report())
    with serving() as server:
        print(jobs.report(server.address))
        print(many_jobs.report(server.address, server.data / "evalwright.db"))
    with serving() as server:
        print(scale.report(server))
    return 0


if __name__ == "__main__":
    sys.exit(main())
