"""Bringing accepted spellings into the one that is stored.

Clients of different ages spell enum values differently (`openAI`, `OPEN_AI`) and send date-times
with or without offset. What a value may be is still decided by the document, afterwards; here
only the spelling changes, and a value that no spelling rule fits is left for the document to
refuse.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue

from evalwright_server.web.document import Document, Schema

_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)


@dataclass(slots=True)
class Spelling:
    """What to respell in values of one schema, and below.

    Attributes:
        values: Enum values by their folded form.
        date_time: Whether it is a point in time.
        members: What to respell in an object's members.
        others: The same for the members not named.
        items: The same for an array's items.
    """

    values: dict[str, str] = field(default_factory=dict)
    date_time: bool = False
    members: "dict[str, Spelling]" = field(default_factory=dict)
    others: "Spelling | None" = None
    items: "Spelling | None" = None

    def __bool__(self) -> bool:
        return bool(self.values or self.date_time or self.members or self.others or self.items)

    def apply(self, value: JsonValue) -> JsonValue:
        """Return a value in the spelling of the document; containers are changed in place."""
        if isinstance(value, str):
            if self.date_time:
                return _respell_time(value)
            return self.values.get(fold(value), value) if self.values else value
        if isinstance(value, dict):
            for name, member in value.items():
                spelling = self.members.get(name, self.others)
                if spelling is not None:
                    value[name] = spelling.apply(member)
        elif isinstance(value, list) and self.items is not None:
            value[:] = map(self.items.apply, value)
        return value


def spelling_of(document: Document, schema: Mapping[str, Any]) -> Spelling:
    """Return what has to be respelt in values of a schema; unions are taken together."""
    spelling = Spelling()
    _collect(document, document.resolve(schema), spelling)
    return spelling


def fold(text: str) -> str:
    """Return a text without case, underscores and hyphens: how spellings are compared."""
    return text.replace("_", "").replace("-", "").casefold()


def parse_time(text: str) -> datetime | None:
    """Return the moment that a text names, in UTC if it has no offset, or None if it names none."""
    if _DATE_TIME.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _respell_time(text: str) -> str:
    moment = parse_time(text)
    return text if moment is None else moment.isoformat().replace("+00:00", "Z")


def _collect(document: Document, schema: Schema, into: Spelling) -> None:
    for keyword in ("anyOf", "oneOf", "allOf"):
        for branch in schema.get(keyword, ()):
            _collect(document, document.resolve(branch), into)
    into.date_time |= schema.get("format") == "date-time"
    for value in schema.get("enum", ()):
        if isinstance(value, str):
            into.values[fold(value)] = value
    for name, member in schema.get("properties", {}).items():
        below = into.members.get(name, Spelling())
        _collect(document, document.resolve(member), below)
        if below:
            into.members[name] = below
    for keyword, attribute in (("items", "items"), ("additionalProperties", "others")):
        if isinstance(schema.get(keyword), dict):
            below = getattr(into, attribute) or Spelling()
            _collect(document, document.resolve(schema[keyword]), below)
            setattr(into, attribute, below or None)
