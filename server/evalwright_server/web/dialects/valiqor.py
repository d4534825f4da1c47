"""The dialect of the `valiqor` client.

It speaks the family of analyses natively. Only projects it knows in another form, that of
evaluations, and under the path where this server has those of all clients.
"""

from collections.abc import Mapping
from typing import Final

AGENT: Final = "valiqor-sdk/"
"""How its `User-Agent` begins."""

_PROJECTS: Final = b"/v2/projects"
_ITS_PROJECTS: Final = b"/v2/admin/projects"


def native_path(raw_path: bytes, headers: Mapping[str, str]) -> bytes:
    """Return the path under which this server has what a request asks for.

    Args:
        raw_path: The path as it was sent.
        headers: The request's headers; names compare without case.
    """
    if raw_path.rstrip(b"/") != _PROJECTS or not is_valiqor(headers):
        return raw_path
    return _ITS_PROJECTS


def is_valiqor(headers: Mapping[str, str]) -> bool:
    """Tell whether a request comes from this client."""
    return headers.get("user-agent", "").startswith(AGENT)
