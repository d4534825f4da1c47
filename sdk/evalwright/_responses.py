"""Small truths about answers."""

from typing import TypeVar

from evalwright_api.types import NotModified

_T = TypeVar("_T")


def present(value: _T | NotModified) -> _T:
    """Give the value of an answer to a request that named no known version.

    Without If-None-Match a server has no business saying 304.
    """
    if isinstance(value, NotModified):
        raise TypeError("304 without If-None-Match")
    return value
