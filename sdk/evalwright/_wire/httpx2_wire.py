"""The exchange of async clients."""

import asyncio
from typing import TypeVar

from evalwright_api.errors import TransportError
from evalwright_api.types import Request, Response

from evalwright._config import Config
from evalwright._errors.base import MissingExtra
from evalwright._wire.headers import default_headers

try:
    import httpx2
except ImportError as error:
    raise MissingExtra("the async client", "async") from error

_T = TypeVar("_T")


class Httpx2Wire:
    """Connections of one async client."""

    def __init__(self, config: Config) -> None:
        self._base_url = config.base_url
        self._client = httpx2.AsyncClient(headers=default_headers(config))

    async def exchange(self, request: Request[_T], *, timeout: float) -> Response[_T]:  # noqa: ASYNC109 - part of the caller's deadline
        """Send once and read the answer to its end within `timeout` seconds.

        Raises:
            ApiError: There is no good answer.
        """
        try:
            async with asyncio.timeout(timeout):
                response = await self._client.request(
                    request.operation.method,
                    self._base_url + request.target,
                    headers=request.headers,
                    content=request.content,
                    timeout=timeout,
                )
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise TransportError("no answer in time", timed_out=True) from error
        except (httpx2.HTTPError, OSError) as error:
            raise TransportError(str(error)) from error
        headers = response.headers
        value = request.decode(response.status_code, headers, response.content)
        return Response(response.status_code, headers, value)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.aclose()
