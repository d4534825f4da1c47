"""The page about Arize's client does what it says, with each client."""

import contextlib
import io
import re

from docs.blocks import ROOT, Block, blocks
from interop.clients import IS_OLD
from interop.server_process import ServerProcess

OTHERS = "# since 8.40" if IS_OLD else "# before 8.40"
"""How blocks begin that are meant for other versions of the client."""


def test_the_page_can_be_followed(server: ServerProcess) -> None:
    page = [block for block in blocks(ROOT / "docs" / "arize.md") if block.language == "py"]
    assert len(page) > 4
    names: dict[str, object] = {"__name__": "__main__"}
    for block in page:
        if not block.body.startswith(OTHERS):
            run(block, server.host, names)


def run(block: Block, host: str, names: dict[str, object]) -> None:
    """Run a block against this server; what it prints must be the text that follows."""
    code = re.sub(r"127\.0\.0\.1:8000", host, block.body)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile("\n" * block.line + code, block.page, "exec"), names)
    if block.output is not None:
        assert printed.getvalue() == block.output
