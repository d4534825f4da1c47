"""Entries of an allow-list: which hosts and ports a job may reach."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

EXPECTED: Final = (
    'expected "host:port", "*.host:port" or an address such as "192.0.2.1:443", "[2001:db8::1]:443"'
    ' or "10.0.0.0/8:443"'
)
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"(?:\*|(?:\*\.)?{_LABEL}(?:\.{_LABEL})*)")
_ENTRY: Final = re.compile(r"(?:\[(?P<bracketed>[^\[\]]+)\]|(?P<host>[^\[\]:]+)):(?P<port>\d{1,5})")


@dataclass(frozen=True, slots=True)
class Target:
    """One entry.

    Attributes:
        name: A host name in lower case, perhaps with `*.` in front, or `*` for every host; empty
            for an entry of addresses.
        network: The addresses; None for an entry of names.
        port: The TCP port.
    """

    name: str
    network: Network | None
    port: int

    def covers_name(self, host: str, port: int) -> bool:
        """Tell whether a host name, in lower case, is meant by this entry."""
        if port != self.port or not self.name:
            return False
        if self.name.startswith("*"):
            return host.endswith(self.name[1:])
        return host == self.name

    def covers_address(self, address: Address, port: int) -> bool:
        """Tell whether this entry lists an address."""
        return port == self.port and self.network is not None and address in self.network


def parse_target(text: str) -> Target:
    """Read an entry.

    Args:
        text: Such as `api.example.com:443`; `*.example.com` means every host below example.com,
            not example.com itself.

    Raises:
        ValueError: It is none; the text says what was expected.
    """
    match = _ENTRY.fullmatch(text.lower())
    port = int(match["port"]) if match else 0
    if match is None or not 0 < port < 65536:
        raise ValueError(f"{text!r} is no entry of an allow-list; {EXPECTED}")
    host = match["bracketed"] or match["host"]
    network = _network(host)
    if network is not None:
        return Target("", network, port)
    # A name made of digits only is how some resolvers write addresses, which would get around
    # the check of addresses.
    if match["bracketed"] or not _NAME.fullmatch(host) or host.rpartition(".")[2].isdigit():
        raise ValueError(f"{text!r} is no entry of an allow-list; {EXPECTED}")
    return Target(host, None, port)


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        return None
