"""The exchange of clients that don't need `async`."""

from contextlib import AbstractContextManager
from typing import TypeVar

import urllib3

from evalwright._config import Config
from evalwright._wire.headers import default_headers
from evalwright_api.client import Client, Stream
from evalwright_api.types import NotModified, Request, Response, StreamRequest

__all__ = ["Stream", "Urllib3Wire"]

_T = TypeVar("_T")


class Urllib3Wire:
    """Connections of one client."""

    def __init__(self, config: Config) -> None:
        self._client = Client(config.base_url, headers=default_headers(config))

    def exchange(self, request: Request[_T], *, timeout: float) -> Response[_T]:
        """Send once and read the answer; connecting and waiting for it take `timeout` at most.

        Raises:
            ApiError: There is no good answer.
        """
        return self._client.send_full(request, timeout=urllib3.Timeout(total=timeout))

    def stream(
        self, request: StreamRequest[_T], *, timeout: float
    ) -> AbstractContextManager[Stream[_T]]:
        """Send once and give the items of the answer as they come.

        Args:
            request: What to send.
            timeout: Seconds to wait for each piece.

        Raises:
            ApiError: There is no good answer; also while iterating.
        """
        return self._client.stream(request, timeout=timeout)

    def download(
        self, request: Request[bytes] | Request[bytes | NotModified], *, timeout: float
    ) -> AbstractContextManager[Stream[bytes]]:
        """Send once and give the body of the answer as it comes.

        Arguments and errors are those of `stream`.
        """
        return self._client.download(request, timeout=timeout)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()
