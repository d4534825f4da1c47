"""The page about moving from Valiqor does what it says."""

from interop.pages import examples, run
from interop.server_process import ServerProcess


def test_the_page_can_be_followed(server: ServerProcess) -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    for block in examples("valiqor.md"):
        run(block, server.host, names)
    assert names["attack"]
