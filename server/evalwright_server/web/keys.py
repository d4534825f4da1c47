"""API keys."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from evalwright_server.web.problems import Problem

_CURE: Final = "send one of the server's keys as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'"


class KeyRing:
    """The keys that open a server. Only their digests are kept."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._digests = [_digest(key) for key in keys]

    def __bool__(self) -> bool:
        return bool(self._digests)

    def identify(self, headers: Mapping[str, str]) -> bytes:
        """Return the digest of the key that a request carries.

        Every key is compared, and in constant time: how long a refusal takes tells nothing.

        Raises:
            Problem: 401, if it carries none or a wrong one.
        """
        given = _given(headers)
        if given is None:
            raise _unauthorized(f"this server needs an API key: {_CURE}")
        digest = _digest(given)
        if sum(compare_digest(digest, known) for known in self._digests) == 0:
            raise _unauthorized(f"the API key is not one of this server's: {_CURE}")
        return digest


def _given(headers: Mapping[str, str]) -> str | None:
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials.strip():
        return credentials.strip()
    return headers.get("x-api-key")


def _digest(key: str) -> bytes:
    return sha256(key.encode()).digest()


def _unauthorized(detail: str) -> Problem:
    return Problem(401, detail, headers={"WWW-Authenticate": "Bearer"})
