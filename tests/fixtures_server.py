"""Running servers for tests: the real thing on a free port of loopback, in a thread of the test.

In a thread, so that coverage sees it; its workers are processes as ever. Every answer is checked
against the document, and one that disagrees fails the request that got it.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import uvloop

from evalwright_server.assembly import Server, assemble
from evalwright_server.config import Settings
from evalwright_server.listening import HttpServer, address_of, bind

_SECONDS_TO_START = 30
_SECONDS_TO_STOP = 30


@dataclass(frozen=True)
class RunningServer:
    """A server that answers."""

    url: str
    settings: Settings
    stop: Callable[[], None]
    """Asks it to stop, as a signal would; it goes on until what it is doing is done."""

    @property
    def host(self) -> str:
        """Host and port, without the scheme."""
        return self.url.removeprefix("http://")


@contextmanager
def serving(settings: Settings) -> Iterator[RunningServer]:
    """Run a server in a thread until the context ends."""
    ready: Future[tuple[str, Callable[[], None]]] = Future()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with bind(settings.host, settings.port) as listener:
            url = address_of(listener, settings.host)
            async with assemble(settings) as server:
                http = _http_server(server, lambda: ready.set_result((url, stop)))

                def stop() -> None:
                    if not loop.is_closed():
                        loop.call_soon_threadsafe(http.begin_to_stop)

                await http.serve([listener])

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(main())
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = threading.Thread(target=run, name="server under test")
    thread.start()
    try:
        url, stop = ready.result(_SECONDS_TO_START)
        yield RunningServer(url, settings, stop)
        stop()
    finally:
        thread.join(_SECONDS_TO_STOP)
    assert not thread.is_alive(), "the server did not stop"


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., RunningServer]]:
    """A function that starts a server of its own for this test; arguments change its settings."""
    with ExitStack() as stack:

        def start(**changes: object) -> RunningServer:
            settings = replace(server_settings(tmp_path / "data"), **changes)  # type: ignore[arg-type]
            return stack.enter_context(serving(settings))

        yield start


@pytest.fixture(scope="session")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server that all tests of a process share: make a space of your own in it."""
    with serving(server_settings(tmp_path_factory.mktemp("server"))) as server:
        yield server


def server_settings(data: Path) -> Settings:
    """Return the settings of servers under test."""
    return Settings(host="127.0.0.1", port=0, data=data, rate=0, validate_answers=True)


def _http_server(server: Server, on_ready: Callable[[], None]) -> HttpServer:
    return HttpServer(server.application, server.stopping, on_ready)
