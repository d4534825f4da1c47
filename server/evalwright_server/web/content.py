"""JSON as this server writes it."""

from typing import Final

import orjson

# Times from SQLite and from PostgreSQL differ in their tzinfo; both end in Z.
_OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


def dump(content: object) -> bytes:
    """Return a value as JSON."""
    return orjson.dumps(content, option=_OPTIONS)
