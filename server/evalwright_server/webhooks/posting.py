"""Sending a webhook: one POST, to an address that was checked before."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from evalwright_server.egress.addresses import plain
from evalwright_server.egress.route import Resolve, look_up
from evalwright_server.egress.targets import Address
from evalwright_server.webhooks.destination import (
    Destination,
    DestinationRefused,
    may_receive,
)

CONNECT_SECONDS: Final = 5.0
"""How long one address may take to let us in."""
TOTAL_SECONDS: Final = 20.0
"""How long it may take from looking the name up to the answer's last header."""

logger: Final = logging.getLogger("evalwright.webhooks")

_PATIENCE_FOR_BODY: Final = 1.0
_MOST_OF_BODY: Final = 4096
_SHOWN: Final = 300


class PostFailed(Exception):
    """There was no answer; the text says why, fit for who wanted the webhook."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The head of an answer, and its body for those who keep it."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Poster:
    """Sends requests that go to where they may, and nowhere else.

    A name is looked up once, and the connection made to one of the addresses that were checked:
    whoever looked twice could be told another address the second time. Neither redirects nor
    the proxies of this process's environment are followed.

    Attributes:
        allow_private: Whether addresses that are not public will do.
        resolve: Looks names up.
        seconds: See `TOTAL_SECONDS`.
        tls: Whom to believe; by default those whom the system does.
        body_bytes: The longest body that is kept. None is by default, as bodies are nobody's
            business: they could be anything on a network.
    """

    allow_private: bool = False
    resolve: Resolve = look_up
    seconds: float = TOTAL_SECONDS
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    body_bytes: int = 0

    async def post(
        self, destination: Destination, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """Send a request and return the head of its answer.

        Raises:
            PostFailed: There was none.
            DestinationRefused: It may not go there.
        """
        try:
            async with asyncio.timeout(self.seconds):
                return await self._post(destination, headers, body)
        except TimeoutError as error:
            raise PostFailed(f"there was no answer within {self.seconds:g} seconds") from error

    async def _post(
        self, destination: Destination, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        failure = PostFailed(f"{destination.host} has no address")
        for address in await self._find(destination):
            try:
                return await self._post_to(address, destination, headers, body)
            except _NotConnected as error:
                failure = PostFailed(f"can't connect to {destination.origin}: {error}")
        raise failure

    async def _find(self, destination: Destination) -> list[Address]:
        """Return the addresses to try, in the resolver's order."""
        if destination.literal is not None:
            found = [destination.literal]
        else:
            try:
                found = await self.resolve(destination.host, destination.port)
            except OSError as error:
                raise PostFailed(f"{destination.host} can't be found: {error.strerror}") from error
        found = [plain(address) for address in found]
        return found if self.allow_private else _only_public(found, destination.host)

    async def _post_to(
        self,
        address: Address,
        destination: Destination,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Reply:
        import httpcore2  # noqa: PLC0415 - a tenth of a second that no start of a server should take

        place = httpcore2.URL(
            scheme=destination.scheme,
            host=str(address),
            port=destination.port,
            target=destination.target,
        )
        fields = {"Accept-Encoding": "identity", "Connection": "close", **headers}
        fields["Host"] = destination.origin.partition("://")[2]
        extensions = {
            "sni_hostname": destination.host,
            "timeout": {"connect": CONNECT_SECONDS},
        }
        try:
            async with (
                httpcore2.AsyncConnectionPool(ssl_context=self._tls) as pool,
                pool.stream(
                    "POST", place, headers=list(fields.items()), content=body, extensions=extensions
                ) as response,
            ):
                body = b""
                if self.body_bytes:
                    body = await _read(response.aiter_stream(), self.body_bytes)
                else:
                    await _drain(response.aiter_stream())
                return Reply(response.status, _decode(response.headers), body)
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
            raise _NotConnected(str(error)[:_SHOWN] or "timed out") from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise PostFailed(f"{destination.origin} broke off the exchange") from error

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self.tls or ssl.create_default_context()


class _NotConnected(Exception):
    """An address does not let us in; another one may."""


async def _read(body: AsyncIterator[bytes], most: int) -> bytes:
    content = bytearray()
    async for chunk in body:
        content += chunk
        if len(content) > most:
            raise PostFailed(f"the answer is longer than {most:,} bytes")
    return bytes(content)


async def _drain(body: AsyncIterator[bytes]) -> None:
    """Read the beginning of a body, so that an ordinary sender doesn't find us gone."""
    size = 0
    try:
        async with asyncio.timeout(_PATIENCE_FOR_BODY):
            async for chunk in body:
                size += len(chunk)
                if size >= _MOST_OF_BODY:
                    break
    except Exception:
        logger.debug("the body of an answer to a webhook broke off", exc_info=True)


def _decode(headers: Sequence[tuple[bytes, bytes]]) -> Mapping[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


def _only_public(found: list[Address], host: str) -> list[Address]:
    """Return the public ones among addresses.

    Raises:
        DestinationRefused: There are others only.
    """
    permitted = [address for address in found if may_receive(address)]
    if found and not permitted:
        raise DestinationRefused(host)
    return permitted
