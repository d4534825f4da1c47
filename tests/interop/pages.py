"""Pages of the documentation about other clients, followed block by block."""

import contextlib
import io
import re

from docs.blocks import ROOT, Block, blocks


def examples(page: str) -> list[Block]:
    """Return the blocks of a page that need the client it is about."""
    return [block for block in blocks(ROOT / "docs" / page) if block.language == "py"]


def run(block: Block, host: str, names: dict[str, object]) -> None:
    """Run a block against this server; what it prints must be the text that follows."""
    code = re.sub(r"127\.0\.0\.1:8000", host, block.body)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile("\n" * block.line + code, block.page, "exec"), names)
    if block.output is not None:
        assert printed.getvalue() == block.output
