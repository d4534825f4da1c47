"""The code blocks of the documentation, in the order they stand."""

import pathlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

_FENCE = re.compile(r"^```(?P<language>[a-z]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    body: str
    output: str | None
    """The text block that follows directly: what running the block prints."""


def blocks(path: pathlib.Path) -> Iterator[Block]:
    """Yield the blocks of one page; a `text` block behind a `python` block is its output."""
    text = path.read_text(encoding="utf-8")
    found = list(_FENCE.finditer(text))
    for number, match in enumerate(found):
        following = found[number + 1] if number + 1 < len(found) else None
        output = None
        if (
            following
            and following["language"] == "text"
            and not text[match.end() : following.start()].strip()
        ):
            output = following["body"]
        line = text.count("\n", 0, match.start()) + 1
        name = str(path.relative_to(ROOT))
        yield Block(name, line, match["language"], match["body"], output)


def commands(block: Block) -> list[str]:
    """Return the commands of a console block, without prompts and comments."""
    lines = block.body.splitlines()
    return [re.sub(r"\s{2,}#.*", "", line[2:]) for line in lines if line.startswith("$ ")]
