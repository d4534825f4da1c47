"""The exchange of clients that don't need `async`."""

from typing import TypeVar

import urllib3

from evalwright._config import Config
from evalwright._wire.headers import default_headers
from evalwright_api.client import Client
from evalwright_api.types import Request, Response

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

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()
