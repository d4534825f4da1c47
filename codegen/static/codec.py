"""Between Python values and what goes over the wire."""

import datetime
import enum
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["adapter", "headers", "query", "target", "text", "write_json"]


@cache
def adapter(model: str) -> "TypeAdapter[Any]":
    """Find what reads and writes a model, by its name.

    Pydantic and the models are imported, and validators built, when they are first needed.
    """
    from pydantic import TypeAdapter

    from . import models

    return TypeAdapter(getattr(models, model))


def write_json(model: str, value: object) -> bytes:
    """Write a request body; members that are MISSING are left out."""
    # A model knows how to write itself; its alias for a union would look for the fitting member.
    serializer = getattr(value, "__pydantic_serializer__", None)
    if serializer is not None:
        written: bytes = serializer.to_json(value)
        return written
    return adapter(model).dump_json(value)


def text(value: object) -> str:
    """Write the value of a parameter."""
    if isinstance(value, str):
        return value.value if isinstance(value, enum.Enum) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)


def query(values: Mapping[str, object]) -> list[tuple[str, str]]:
    """Write query parameters; None is left out, a list is written once for each of its items."""
    pairs: list[tuple[str, str]] = []
    for name, value in values.items():
        if value is None:
            continue
        if isinstance(value, Iterable) and not isinstance(value, str):
            pairs.extend((name, text(item)) for item in cast(Iterable[object], value))
        else:
            pairs.append((name, text(value)))
    return pairs


def headers(values: Mapping[str, object]) -> dict[str, str]:
    """Write header fields; None is left out.

    Raises:
        ValueError: A value can't stand in a header.
    """
    fields: dict[str, str] = {}
    for name, value in values.items():
        if value is None:
            continue
        written = text(value)
        if not (written.isascii() and written.isprintable()):
            raise ValueError(f"{name}: a header takes printable ASCII only, not {written!r}")
        fields[name] = written
    return fields


def target(path: str, values: Mapping[str, str], pairs: Iterable[tuple[str, str]]) -> str:
    """Write the target of a request: its path, with every value percent-encoded, and its query.

    Raises:
        ValueError: A value would change which path it is.
    """
    if values:
        path = path.format_map({name: _segment(name, value) for name, value in values.items()})
    written = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    return f"{path}?{written}" if written else path


def _segment(name: str, value: str) -> str:
    # An empty segment is another path, and dots are resolved on the way even when encoded.
    if value in ("", ".", ".."):
        raise ValueError(f"{name}: {value!r} can't be part of a path")
    return quote(value, safe="")
