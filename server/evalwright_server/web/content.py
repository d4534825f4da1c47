"""JSON as this server writes it."""

from typing import Final

import orjson

# Times from SQLite and from PostgreSQL differ in their tzinfo; both end in Z.
_OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC
_WITH_OFFSET: Final = orjson.OPT_NAIVE_UTC


def dump(content: object, *, with_offset: bool = False) -> bytes:
    """Return a value as JSON.

    Args:
        content: The value.
        with_offset: Whether times end in `+00:00`, as clients of jobs expect, instead of `Z`.
    """
    return orjson.dumps(content, option=_WITH_OFFSET if with_offset else _OPTIONS)
