"""Telling IDs from names."""

import base64
import re

_PADDED_BASE64 = re.compile(
    r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)"
)


def is_resource_id(text: str) -> bool:
    """Say whether a text is an ID; everything else is a name.

    An ID is padded standard base64 of a UTF-8 text with a colon in it, as in `Task:123:abcd`. The
    kind inside is not looked at: a wrong one is for the server to refuse. A short name may happen
    to look like an ID (`YTpi`); from 16 characters on this is rarer than one in 10,000.
    """
    if _PADDED_BASE64.fullmatch(text) is None:
        return False
    try:
        return ":" in base64.b64decode(text).decode()
    except UnicodeDecodeError:
        return False
