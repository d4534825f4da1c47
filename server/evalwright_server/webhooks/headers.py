"""Header fields that people want to be sent along with a webhook."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}")
_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?|")
_OURS: Final = frozenset({
    "accept-encoding", "connection", "content-encoding", "content-length", "content-type",
    "expect", "host", "http2-settings", "keep-alive", "proxy-authenticate",
    "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    "webhook-id", "webhook-signature", "webhook-timestamp",
})  # fmt: skip
"""Fields that rule the connection or are part of every webhook."""


def find_faults(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the name of each field that can't be sent, and what is wrong with it."""
    seen: set[str] = set()
    for name, value in headers.items():
        fault = _fault(name, value, seen)
        if fault is not None:
            yield name, fault
        seen.add(name.lower())


def _fault(name: str, value: str, seen: set[str]) -> str | None:
    if not _TOKEN.fullmatch(name):
        return "the name of a header field is made of letters, digits and !#$%&'*+-.^_`|~"
    if name.lower() in _OURS:
        return "this field is set by the server and can't be chosen"
    if name.lower() in seen:
        return "this field is there twice, in different spellings"
    if not _VALUE.fullmatch(value):
        return "expected visible ASCII characters, with blanks only between them"
    return None
