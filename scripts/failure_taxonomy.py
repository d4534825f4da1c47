"""Write the table of kinds of failures into docs/failure-analysis.md.

    python scripts/failure_taxonomy.py

A test compares the two.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from evalwright_server.failures.taxonomy import BUCKETS, Bucket, Kind

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "failure-analysis.md"
START, END = "<!-- taxonomy -->\n", "<!-- /taxonomy -->\n"
"""What stands around the table."""
_EVERY: Final = 4
"""So many kinds of applications there are."""


def table() -> str:
    """Return the table as it stands in the page."""
    return "".join(f"{line}\n" for line in _lines())


def _lines() -> Iterator[str]:
    yield "| bucket | subcategory | what it is | found by | needs | happens to | impact |"
    yield "|---|---|---|---|---|---|---|"
    for bucket in BUCKETS:
        for kind in bucket.kinds:
            yield _row(bucket, kind)


def _row(bucket: Bucket, kind: Kind) -> str:
    applies = "all" if len(kind.applies_to) == _EVERY else ", ".join(kind.applies_to)
    cells = [
        f"`{bucket.id}`",
        f"`{kind.id}`",
        kind.description,
        kind.approach,
        ", ".join([*kind.needs, *kind.rests_on, *(["audit"] if kind.is_audited else [])]) or "–",
        applies,
        f"{kind.impact:g} ({kind.risk_category})",
    ]
    return f"| {' | '.join(cells)} |"


def parts(text: str) -> tuple[str, str, str]:
    """Return what stands before the table, the table, and what stands behind it."""
    before, _, rest = text.partition(START)
    inner, _, after = rest.partition(END)
    return before + START, inner, END + after


def main() -> None:
    """Bring the page up to date."""
    before, _, after = parts(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(before + table() + after, encoding="utf-8")


if __name__ == "__main__":
    main()
