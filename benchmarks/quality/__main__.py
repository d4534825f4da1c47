"""Print the figures, or write them into the docs."""

import argparse
import sys
from pathlib import Path
from typing import Final

from benchmarks.quality.cases import CASES
from benchmarks.quality.report import tables

PAGE: Final = Path(__file__).parents[2] / "docs" / "metrics.md"
BEGIN: Final = "<!-- figures: python -m benchmarks.quality --write -->"
END: Final = "<!-- end of figures -->"


def main(arguments: list[str]) -> int:
    """Run the command; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--half", choices=["tuning", "test"], default="test")
    parser.add_argument("--metric", action="append", choices=list(CASES))
    parser.add_argument("--write", action="store_true", help=f"renew the figures in {PAGE.name}")
    chosen = parser.parse_args(arguments)
    found = tables(chosen.half, chosen.metric or tuple(CASES))
    print(found)
    if chosen.write:
        PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
    return 0


def renewed(page: str, figures: str) -> str:
    """Return a page with new figures between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{figures}\n{END}{after}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
