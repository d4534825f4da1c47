"""Where a webhook goes, and whether it may go there."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit

from evalwright_server.egress.addresses import is_local, is_public, plain
from evalwright_server.egress.targets import Address

PRIVATE_VARIABLE: Final = "EVALWRIGHT_WEBHOOK_PRIVATE"
"""The environment variable that lets webhooks go to addresses that are not public."""

_URL: Final = re.compile(r"[\x21-\x7e]+")
_NETLOC: Final = re.compile(r"(?:\[[^\[\]]*\]|[^\[\]:]+)(?::\d*)?")
_HOST: Final = re.compile(r"[a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9_])?")
_NO_HOST: Final = "expected a host name, or an address, behind ://"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class DestinationRefused(Exception):
    """Nothing may be sent there; the text says why.

    Args:
        host: The name or address that was given. What a name stands for is not told: it could be
            the name of something inside a network.
    """

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} is not out on the public internet; an operator who wants webhooks to go "
            f"there sets {PRIVATE_VARIABLE}=1"
        )


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL that was understood.

    Attributes:
        scheme: `http` or `https`.
        host: A name in lower case or an address, without brackets.
        port: The port.
        target: Path and query, as they go into the request.
    """

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a URL.

        Raises:
            ValueError: It is none that a request can be sent to; the text says what to change.
        """
        if not _URL.fullmatch(url) or "\\" in url:
            raise ValueError(
                "expected a URL of visible ASCII characters: write others percent-encoded, and "
                "those of a host name as xn--..."
            )
        try:
            parts = urlsplit(url)
        except ValueError:
            raise ValueError(_NO_HOST) from None
        if parts.scheme not in _DEFAULT_PORTS:
            raise ValueError("expected a URL that begins with http:// or https://")
        if "@" in parts.netloc:
            raise ValueError(
                "a URL must not hold user name or password: send an Authorization header instead"
            )
        if not _NETLOC.fullmatch(parts.netloc):
            raise ValueError(_NO_HOST)
        target = parts.path or "/"
        if parts.query:
            target = f"{target}?{parts.query}"
        return cls(parts.scheme, _host(parts), _port(parts), target)

    @property
    def origin(self) -> str:
        """Scheme, host and port; the latter unless it is the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        suffix = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{suffix}"

    @property
    def shown(self) -> str:
        """The URL without its query, which may hold what others must not see."""
        return self.origin + self.target.partition("?")[0]

    @property
    def literal(self) -> Address | None:
        """The address that stands in place of a host name, if one does."""
        try:
            return plain(ipaddress.ip_address(self.host))
        except ValueError:
            return None

    def require_public(self) -> None:
        """Refuse an address that is not public; names pass until they are looked up.

        Raises:
            DestinationRefused: It is one.
        """
        if self.literal is not None and not may_receive(self.literal):
            raise DestinationRefused(self.host)


def may_receive(address: Address) -> bool:
    """Tell whether an address is out on the internet, and none of this host's own."""
    return is_public(address) and not is_local(address)


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    if parts.netloc.startswith("["):
        try:
            address = ipaddress.IPv6Address(host)
        except ValueError:
            address = None
        if address is None or address.scope_id is not None:
            raise ValueError("expected an IPv6 address without zone in the brackets")
        return str(address)
    host = host.removesuffix(".")
    if not _HOST.fullmatch(host) or ".." in host:
        raise ValueError(_NO_HOST)
    return host


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("expected a port from 1 to 65535")
    return port or _DEFAULT_PORTS[parts.scheme]
