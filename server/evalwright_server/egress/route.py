"""Deciding about one connection: where it may go, before anything is sent."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from evalwright_server.egress.addresses import is_local, is_public, plain
from evalwright_server.egress.policy import NetworkPolicy
from evalwright_server.egress.targets import Address

Resolve = Callable[[str, int], Awaitable[list[Address]]]
"""Looks a host name up for a port."""


class RouteRefused(Exception):
    """A connection may not be made; the text says why, fit for the job to read."""


@dataclass(frozen=True, slots=True)
class Router:
    """Keeps to a policy.

    Attributes:
        policy: What is allowed.
        own_ports: Ports of this server, which are out of reach whatever the policy says.
        resolve: Looks names up.
    """

    policy: NetworkPolicy
    own_ports: frozenset[int] = frozenset()
    resolve: Resolve = field(default_factory=lambda: look_up)

    async def find(self, host: str, port: int) -> list[Address]:
        """Return the addresses to try, all of them checked.

        Whoever connects must use these and not look the name up again: a second answer could be
        another one.

        Raises:
            RouteRefused: There is none.
        """
        host = host.rstrip(".").lower()
        literal = _literal(host)
        if literal is not None:
            found = [plain(literal)]
            known = self.policy.lists_address(found[0], port)
        else:
            found = []
            known = False
        if not known and not self.policy.allows_name(host, port):
            raise RouteRefused(f"{host}:{port} is not on the allow-list")
        if literal is None:
            try:
                found = [plain(address) for address in await self.resolve(host, port)]
            except OSError as error:
                raise RouteRefused(f"{host} can't be found: {error.strerror}") from error
        return self._permitted(found, host, port)

    def _permitted(self, found: Iterable[Address], host: str, port: int) -> list[Address]:
        permitted = [address for address in dict.fromkeys(found) if self._permits(address, port)]
        if not permitted:
            raise RouteRefused(
                f"{host} stands for an address that is not public, which must be listed itself"
            )
        return permitted

    def _permits(self, address: Address, port: int) -> bool:
        if port in self.own_ports and is_local(address):
            return False
        if self.policy.lists_address(address, port):
            return True
        return is_public(address) and not is_local(address)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


async def look_up(host: str, port: int) -> list[Address]:
    """Ask the system's resolver.

    Raises:
        OSError: It does not know the name.
    """
    loop = asyncio.get_running_loop()
    entries = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # An IPv6 address may come with the name of an interface, which only link-local ones need.
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in entries]
