"""The exchange of async clients."""

import asyncio
import ssl
from functools import cache
from typing import TypeVar

from evalwright._config import Config
from evalwright._errors.base import MissingExtra
from evalwright._wire.headers import default_headers
from evalwright_api.errors import ConnectError, ReadTimeout, TransportError
from evalwright_api.types import Request, Response

try:
    import httpx2
except ImportError as error:
    raise MissingExtra("the async client", "async") from error

_T = TypeVar("_T")


@cache
def _tls() -> ssl.SSLContext:
    """Make the settings of TLS once: loading the system's certificates takes 20 ms."""
    return ssl.create_default_context()


class Httpx2Wire:
    """Connections of one async client."""

    def __init__(self, config: Config) -> None:
        self._base_url = config.base_url
        # Like the other clients, without proxies from the environment.
        self._client = httpx2.AsyncClient(
            headers=default_headers(config),
            verify=_tls() if config.base_url.startswith("https:") else False,
            trust_env=False,
        )

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
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise ConnectError(str(error)) from error
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise ReadTimeout("no answer in time", timed_out=True) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise TransportError(str(error) or type(error).__name__) from error
        headers = response.headers
        value = request.decode(response.status_code, headers, response.content)
        return Response(response.status_code, headers, value)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.aclose()
