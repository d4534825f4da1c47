"""The one request that a connection to the proxy begins with."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httptools

_AUTHORITY: Final = re.compile(
    r"(?:\[(?P<bracketed>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+))(?::(?P<port>\d{1,5}))?"
)
_HOP_BY_HOP: Final = {b"connection", b"host", b"keep-alive", b"proxy-authenticate",
                      b"proxy-authorization", b"proxy-connection", b"te", b"trailer",
                      b"upgrade"}  # fmt: skip


class BadRequest(Exception):
    """It is no request to a proxy; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """Where a client wants to go.

    Attributes:
        host: A name or address, as written.
        port: The port.
        tunnel: Whether it asked for a tunnel (CONNECT).
        head: What to send there first: the request as the server expects it; empty for a tunnel.
    """

    host: str
    port: int
    tunnel: bool
    head: bytes


@dataclass(slots=True)
class _Collector:
    """What httptools calls while it parses."""

    url: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))


def read_request(head: bytes) -> ProxyRequest:
    """Read the head of a request, up to and with the empty line.

    Raises:
        BadRequest: It is none that a proxy gets.
    """
    collector = _Collector()
    parser = httptools.HttpRequestParser(collector)
    try:
        parser.feed_data(head)
    except httptools.HttpParserUpgrade:
        pass  # CONNECT, or an upgrade that is not passed on
    except httptools.HttpParserError as error:
        raise BadRequest("this is no HTTP request") from error
    method = parser.get_method()
    target = collector.url.decode("ascii", errors="replace")
    if method == b"CONNECT":
        host, port = _authority(target, None)
        return ProxyRequest(host, port, tunnel=True, head=b"")
    return _forwarded(method, target, collector.headers)


def _forwarded(method: bytes, target: str, headers: list[tuple[bytes, bytes]]) -> ProxyRequest:
    url = _attempt(lambda: urlsplit(target))
    if url.scheme != "http":
        raise BadRequest("this is a proxy: expected CONNECT, or a URL that begins with http://")
    host, port = _authority(url.netloc.rpartition("@")[2], 80)
    path = target[len("http://") + len(url.netloc) :].partition("#")[0]
    if not path.startswith("/"):
        path = f"/{path}"
    lines = [b"%s %s HTTP/1.1" % (method, path.encode()), b"Host: " + _host_field(url)]
    lines += [name + b": " + value for name, value in headers if name.lower() not in _HOP_BY_HOP]
    # The next request on this connection could be meant for somebody else, so there is none.
    lines.append(b"Connection: close")
    return ProxyRequest(host, port, tunnel=False, head=b"\r\n".join(lines) + b"\r\n\r\n")


def _host_field(url: SplitResult) -> bytes:
    return url.netloc.rpartition("@")[2].encode()


def _authority(text: str, default_port: int | None) -> tuple[str, int]:
    match = _AUTHORITY.fullmatch(text)
    port = int(match["port"]) if match and match["port"] else default_port
    if match is None or port is None or not 0 < port < 65536:
        raise BadRequest(f"{text[:80]!r} is no host with a port")
    return match["bracketed"] or match["host"], port


def _attempt(split: Callable[[], SplitResult]) -> SplitResult:
    try:
        return split()
    except ValueError as error:
        raise BadRequest(f"the URL can't be understood: {error}") from error
