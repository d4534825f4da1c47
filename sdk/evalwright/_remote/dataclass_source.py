"""Writing dataclasses down again whose own source can't be found, such as those of notebooks."""

import dataclasses
from typing import Any

IMPORTS = ("import dataclasses", "import typing")
"""What the written classes need."""

_FACTORIES = {list: "list", dict: "dict", set: "set", tuple: "tuple"}


def write_dataclass(kind: type) -> str | None:
    """Write a dataclass by its fields; None if it has more than these."""
    if not dataclasses.is_dataclass(kind) or _has_more(kind):
        return None
    fields = [_field(each) for each in dataclasses.fields(kind)]
    if None in fields:
        return None
    body = "\n".join(f"    {each}" for each in fields) or "    pass"
    return f"@dataclasses.dataclass\nclass {kind.__name__}:\n{body}"


def _has_more(kind: type) -> bool:
    """Say whether there are methods of its own, or other classes it stands on."""
    own = [name for name, value in vars(kind).items() if hasattr(value, "__code__")]
    made = {"__init__", "__repr__", "__eq__", "__replace__", "__annotate__", "__annotate_func__"}
    return kind.__bases__ != (object,) or bool(set(own) - made)


def _field(field: "dataclasses.Field[Any]") -> str | None:
    text = f"{field.name}: {_annotation(field.type)}"
    if field.default_factory is not dataclasses.MISSING:
        made = _FACTORIES.get(field.default_factory)  # type: ignore[call-overload]
        return made and f"{text} = dataclasses.field(default_factory={made})"
    if field.default is dataclasses.MISSING:
        return text
    plain = field.default is None or isinstance(field.default, str | int | float | bool)
    return f"{text} = {field.default!r}" if plain else None


def _annotation(kind: object) -> str:
    if isinstance(kind, str):
        return kind
    if isinstance(kind, type) and not hasattr(kind, "__origin__"):
        return kind.__name__
    return repr(kind).replace("__main__.", "")
