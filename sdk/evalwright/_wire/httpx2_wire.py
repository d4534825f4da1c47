"""The exchange of async clients."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from typing import Any, Generic, TypeVar

from evalwright._config import Config
from evalwright._errors.base import MissingExtra
from evalwright._wire.headers import default_headers
from evalwright_api.decoding import find
from evalwright_api.errors import ConnectError, ReadTimeout, TransportError
from evalwright_api.types import NotModified, Request, Response, StreamDecoder, StreamRequest

try:
    import httpx2
except ImportError as error:
    raise MissingExtra("the async client", "async") from error

_T = TypeVar("_T")


class AsyncStream(Generic[_T]):
    """An answer that is read while one iterates over it.

    Attributes:
        status: The HTTP status.
        headers: The header fields; names are found in any case.
    """

    def __init__(self, status: int, headers: Mapping[str, str], items: AsyncIterator[_T]) -> None:
        self.status = status
        self.headers = headers
        self._items = items

    def __aiter__(self) -> AsyncIterator[_T]:
        return self._items


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
        with _in_our_terms():
            async with asyncio.timeout(timeout):
                response = await self._client.request(
                    request.operation.method,
                    self._base_url + request.target,
                    headers=request.headers,
                    content=request.content,
                    timeout=timeout,
                )
        headers = response.headers
        value = request.decode(response.status_code, headers, response.content)
        return Response(response.status_code, headers, value)

    @asynccontextmanager
    async def stream(
        self,
        request: StreamRequest[_T],
        *,
        timeout: float,  # noqa: ASYNC109 - for each piece
    ) -> AsyncGenerator[AsyncStream[_T]]:
        """Send once and give the items of the answer as they come.

        Args:
            request: What to send.
            timeout: Seconds to wait for each piece.

        Raises:
            ApiError: There is no good answer; also while iterating.
        """
        async with self._opened(request, timeout) as response:
            decoder = request.decoder(response.status_code, response.headers)
            if decoder is None:
                rest = await _rest(response)
                request.refuse(response.status_code, response.headers, rest)
            items = _items(response, decoder)
            yield AsyncStream(response.status_code, response.headers, items)

    @asynccontextmanager
    async def download(
        self,
        request: Request[bytes] | Request[bytes | NotModified],
        *,
        timeout: float,  # noqa: ASYNC109 - for each piece
    ) -> AsyncGenerator[AsyncStream[bytes]]:
        """Send once and give the body of the answer as it comes.

        Arguments and errors are those of `stream`.
        """
        async with self._opened(request, timeout) as response:
            known = find(request.operation, response.status_code, response.headers)
            if response.status_code >= 400 or known is None:
                rest = await _rest(response)
                request.decode(response.status_code, response.headers, rest)
            yield AsyncStream(response.status_code, response.headers, _pieces(response))

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    @asynccontextmanager
    async def _opened(
        self,
        request: Request[Any] | StreamRequest[Any],
        timeout: float,  # noqa: ASYNC109 - for each piece
    ) -> AsyncGenerator[httpx2.Response]:
        message = self._client.build_request(
            request.operation.method,
            self._base_url + request.target,
            headers=request.headers,
            content=request.content,
            timeout=timeout,
        )
        with _in_our_terms():
            response = await self._client.send(message, stream=True)
        # What goes wrong in the caller's block is no matter of the network.
        try:
            yield response
        finally:
            await response.aclose()


@contextmanager
def _in_our_terms() -> Iterator[None]:
    try:
        yield
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise ConnectError(str(error)) from error
    except (TimeoutError, httpx2.TimeoutException) as error:
        raise ReadTimeout("no answer in time", timed_out=True) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise TransportError(str(error) or type(error).__name__) from error


async def _rest(response: httpx2.Response) -> bytes:
    with _in_our_terms():
        return await response.aread()


async def _pieces(response: httpx2.Response) -> AsyncGenerator[bytes]:
    with _in_our_terms():
        async for piece in response.aiter_bytes():
            yield piece


async def _items(response: httpx2.Response, decoder: StreamDecoder[_T]) -> AsyncGenerator[_T]:
    async for piece in _pieces(response):
        for item in decoder.feed(piece):
            yield item
    for item in decoder.close():
        yield item
