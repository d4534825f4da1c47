"""Which addresses are out on the internet, and which are this host or its neighbourhood."""

import errno
import ipaddress
import socket
from collections.abc import Iterator
from typing import Final

from evalwright_server.egress.targets import Address

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
# In there some clouds tell machines about themselves; `is_global` knows parts of it only.
_PROTOCOL_ASSIGNMENTS: Final = ipaddress.ip_network("192.0.0.0/24")


def is_public(address: Address) -> bool:
    """Tell whether an address, and each that is written into it, is out on the internet."""
    return all(
        each.is_global
        and not each.is_multicast
        and not each.is_reserved
        and each not in _PROTOCOL_ASSIGNMENTS
        for each in (address, *_embedded(address))
    )


def plain(address: Address) -> Address:
    """Return the IPv4 address behind `::ffff:192.0.2.1`, anything else as it is."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _embedded(address: Address) -> Iterator[Address]:
    """Yield the IPv4 addresses that gateways take out of an IPv6 address."""
    if not isinstance(address, ipaddress.IPv6Address):
        return
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def is_local(address: Address) -> bool:
    """Tell whether an address is one of this host's own.

    Only such an address can be bound, which the kernel knows better than any list of interfaces.
    """
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError as error:
        return error.errno != errno.EADDRNOTAVAIL
    return True
