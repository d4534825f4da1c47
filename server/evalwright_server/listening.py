"""Listening: the socket, the event loop's server, and an end that leaves nobody hanging."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from evalwright_server.config import ConfigError

GRACE_SECONDS: Final = 10
"""How long answers may take that were begun before the server was asked to stop."""
KEEP_ALIVE_SECONDS: Final = 75
"""How long an idle connection stays open."""

_BACKLOG: Final = 2048
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens, so that nobody else can take the port meanwhile.

    Raises:
        ConfigError: The address can't be used; the text says what to do.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise ConfigError(f"the host {host!r} can't be found: {error.strerror}") from error
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"can't listen on {host}, port {port} ({error.strerror}): stop what is there, or "
            "choose another port with --port (0 takes any that is free)"
        ) from error
    listener.setblocking(False)
    return listener


def address_of(listener: socket.socket, host: str) -> str:
    """Return the URL under which a socket is reached."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


class HttpServer(uvicorn.Server):
    """Uvicorn, told to end long answers as soon as it is asked to stop, and then to exit with 0.

    Args:
        application: What answers.
        stopping: Set at the first signal.
        on_ready: Called once requests are answered.
    """

    def __init__(
        self, application: ASGIApp, stopping: asyncio.Event, on_ready: Callable[[], None]
    ) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                loop="uvloop",
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._stopping = stopping
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self._on_ready()

    def begin_to_stop(self) -> None:
        """Take no new connections, end long answers, and return from `serve`."""
        self.should_exit = True
        self._stopping.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at the usual signals; unlike Uvicorn, don't raise them again at the end."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for each in _SIGNALS:
            loop.add_signal_handler(each, self._heed_signal)
        try:
            yield
        finally:
            for each in _SIGNALS:
                loop.remove_signal_handler(each)

    def _heed_signal(self) -> None:
        if self.should_exit:
            # Asked twice: whoever sits at the keyboard does not want to wait. Worker processes see
            # the end of their stream and go.
            os._exit(130)
        self.begin_to_stop()
