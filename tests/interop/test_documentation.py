"""The page about Arize's client does what it says, with each client."""

from interop.clients import IS_OLD
from interop.pages import examples, run
from interop.server_process import ServerProcess

OTHERS = "# since 8.40" if IS_OLD else "# before 8.40"
"""How blocks begin that are meant for other versions of the client."""


def test_the_page_can_be_followed(server: ServerProcess) -> None:
    page = examples("arize.md")
    assert len(page) > 4
    names: dict[str, object] = {"__name__": "__main__"}
    for block in page:
        if not block.body.startswith(OTHERS):
            run(block, server.host, names)
