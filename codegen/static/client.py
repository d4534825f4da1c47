"""Sending requests over urllib3: one exchange each, with no policy of its own."""

import ssl
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import urllib3
from urllib3 import exceptions as urllib3_errors
from urllib3.util import Url, parse_url

from .decoding import NotModified, find
from .errors import ConnectError, ReadTimeout, TransportError
from .types import Request, Response, StreamRequest

__all__ = ["Client", "Stream"]

T = TypeVar("T")

_PIECE = 65_536


class Stream(Generic[T]):
    """An answer that is read while one iterates over it.

    Attributes:
        status: The HTTP status.
        headers: The header fields; names are found in any case.
    """

    def __init__(self, status: int, headers: Mapping[str, str], items: Iterator[T]) -> None:
        self.status = status
        self.headers = headers
        self._items = items

    def __iter__(self) -> Iterator[T]:
        return self._items

    def __next__(self) -> T:
        return next(self._items)


class Client:
    """Connections to one server. Threads may share it.

    It follows no redirects, repeats nothing and adds no credentials but the headers it is given.

    Args:
        base_url: The address of the server, with the path the API lies under, if any.
        headers: Header fields of every request; those of a request win.
        timeout: Seconds to wait for a connection, and then for each piece of an answer.
        pool_size: How many idle connections are kept.
        ssl_context: How to check an https server; the system's way when None.
        pool: A pool to use, such as that of a proxy; it is not closed by this client.

    Raises:
        ValueError: The base URL is none of http or https.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | urllib3.Timeout = 30.0,
        pool_size: int = 32,
        ssl_context: ssl.SSLContext | None = None,
        pool: urllib3.HTTPConnectionPool | None = None,
    ) -> None:
        url = _parse(base_url)
        self._prefix = (url.path or "").rstrip("/")
        self._headers = {name.lower(): value for name, value in (headers or {}).items()}
        self._timeout = timeout
        self._owned = pool is None
        self._pool = pool or _connect(url, pool_size, ssl_context)

    def send(self, request: Request[T], *, timeout: float | urllib3.Timeout | None = None) -> T:
        """Send a request and give what the server answered.

        Args:
            request: What to send.
            timeout: Seconds for this request; the client's when None.

        Raises:
            ProblemError: The server refused, and said why.
            UnexpectedResponse: The answer is not one the document describes.
            TransportError: There was no answer.
        """
        response = self._open(request, timeout, preload=True)
        return request.decode(response.status, response.headers, response.data)

    def send_full(
        self, request: Request[T], *, timeout: float | urllib3.Timeout | None = None
    ) -> Response[T]:
        """Send a request and give the answer with its status and headers.

        Arguments and errors are those of `send`.
        """
        response = self._open(request, timeout, preload=True)
        value = request.decode(response.status, response.headers, response.data)
        return Response(response.status, response.headers, value)

    @contextmanager
    def stream(
        self, request: StreamRequest[T], *, timeout: float | urllib3.Timeout | None = None
    ) -> Generator[Stream[T]]:
        """Send a request and give the items of the answer as they come.

        Leaving the block early closes the connection. Errors are those of `send`; they may come up
        while iterating, too.

        Args:
            request: What to send.
            timeout: Seconds to wait for each piece of the answer; the client's when None.
        """
        with self._opened(request, timeout) as response:
            decoder = request.decoder(response.status, response.headers)
            if decoder is None:
                request.refuse(response.status, response.headers, _rest(response))
            items = _items(response, decoder.feed, decoder.close)
            yield Stream(response.status, response.headers, items)

    @contextmanager
    def download(
        self,
        request: Request[bytes] | Request[bytes | NotModified],
        *,
        timeout: float | urllib3.Timeout | None = None,
    ) -> Generator[Stream[bytes]]:
        """Send a request and give the body piece by piece, so that it need not fit into memory.

        With the answer 304 (see the stream's `status`) there are no pieces. Leaving the block early
        closes the connection. Errors are those of `send`.

        Args:
            request: What to send.
            timeout: Seconds to wait for each piece of the answer; the client's when None.
        """
        with self._opened(request, timeout) as response:
            spec = find(request.operation, response.status, response.headers)
            if response.status >= 400 or spec is None:
                request.decode(response.status, response.headers, _rest(response))
            yield Stream(response.status, response.headers, _pieces(response))

    def close(self) -> None:
        """Close the idle connections; closing twice is fine."""
        if self._owned:
            self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _opened(
        self, request: Request[Any] | StreamRequest[Any], timeout: float | urllib3.Timeout | None
    ) -> Generator[urllib3.BaseHTTPResponse]:
        response = self._open(request, timeout, preload=False)
        try:
            yield response
        finally:
            # A connection that was not read to its end is closed here, and only then given back.
            response.close()
            response.release_conn()

    def _open(
        self,
        request: Request[Any] | StreamRequest[Any],
        timeout: float | urllib3.Timeout | None,
        *,
        preload: bool,
    ) -> urllib3.BaseHTTPResponse:
        headers = dict(self._headers)
        for name, value in request.headers.items():
            headers[name.lower()] = value
        try:
            return self._pool.urlopen(
                request.operation.method,
                self._prefix + request.target,
                body=request.content,
                headers=headers,
                timeout=self._timeout if timeout is None else timeout,
                retries=False,
                redirect=False,
                preload_content=preload,
            )
        except urllib3_errors.HTTPError as error:
            raise _transport_error(error) from error


def _parse(base_url: str) -> Url:
    try:
        url = parse_url(base_url)
    except urllib3_errors.LocationParseError as error:
        raise ValueError(f"base_url: {base_url!r} can't be read: {error}") from None
    if url.scheme not in ("http", "https") or not url.host or url.query or url.fragment or url.auth:
        raise ValueError(f"base_url: expected http(s)://HOST[:PORT][/PATH], got {base_url!r}")
    return url


def _connect(url: Url, size: int, ssl_context: ssl.SSLContext | None) -> urllib3.HTTPConnectionPool:
    host = url.host or ""
    if url.scheme == "http":
        return urllib3.HTTPConnectionPool(host, url.port, maxsize=size)
    return urllib3.HTTPSConnectionPool(host, url.port, maxsize=size, ssl_context=ssl_context)


def _rest(response: urllib3.BaseHTTPResponse) -> bytes:
    return b"".join(_pieces(response))


def _pieces(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """Read what has come as soon as it comes, without waiting for a full buffer."""
    try:
        if response.chunked:
            yield from response.stream(_PIECE)
        else:
            while piece := response.read1(_PIECE):
                yield piece
    except urllib3_errors.HTTPError as error:
        raise _transport_error(error) from error


def _items(
    response: urllib3.BaseHTTPResponse,
    feed: Callable[[bytes], list[T]],
    close: Callable[[], list[T]],
) -> Iterator[T]:
    for piece in _pieces(response):
        yield from feed(piece)
    yield from close()


def _transport_error(error: urllib3_errors.HTTPError) -> TransportError:
    reason = str(error) or type(error).__name__
    if isinstance(error, _NOT_CONNECTED):  # first: urllib3 calls some of them time-outs, too
        return ConnectError(reason)
    if isinstance(error, urllib3_errors.ConnectTimeoutError):
        return ConnectError(reason, timed_out=True)
    if isinstance(error, urllib3_errors.TimeoutError):
        return ReadTimeout(reason, timed_out=True)
    return TransportError(reason)


_NOT_CONNECTED = (
    urllib3_errors.NewConnectionError,
    urllib3_errors.ProxyError,
    urllib3_errors.SSLError,
)
