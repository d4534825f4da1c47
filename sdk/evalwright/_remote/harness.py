"""What runs a function inside a sandbox.

This module's own source is sent behind the function's, so it needs nothing but the standard library
and its names must not be those of anybody's functions.
"""

# ruff: noqa: ANN401, PLR0911 - values of any type, and a case for each

import dataclasses as _ew_dataclasses
import datetime as _ew_datetime  # noqa: ICN001 - see above
import enum as _ew_enum
import inspect as _ew_inspect
import json as _ew_json
import types as _ew_types
import typing as _ew_typing
from collections import abc as _ew_abc
from pathlib import Path as _EwPath

_EW_PLAIN = (str, int, float, bool, type(None))
_EW_TIMES = (_ew_datetime.datetime, _ew_datetime.date, _ew_datetime.time)


def _ew_run(function: _ew_typing.Any, folder: str = "") -> None:
    """Call the function with what lies in the input and leave what it returns in the output."""
    given = _ew_json.loads(_EwPath(f"{folder}/input/data.json").read_text("utf-8"))
    original = _ew_inspect.unwrap(function)
    hints = _ew_typing.get_type_hints(original)
    names = [*original.__code__.co_varnames[: original.__code__.co_argcount]]
    args = [
        _ew_read(hints.get(name or "", _ew_typing.Any), value)
        for name, value in zip([*names, *[None] * len(given["args"])], given["args"], strict=False)
    ]
    kwargs = {
        name: _ew_read(hints.get(name, _ew_typing.Any), value)
        for name, value in given["kwargs"].items()
    }
    result = _ew_write(function(*args, **kwargs))
    text = _ew_json.dumps({"result": result}, ensure_ascii=False, allow_nan=False)
    _EwPath(f"{folder}/output/result.json").write_text(text, "utf-8")


def _ew_read(kind: _ew_typing.Any, value: _ew_typing.Any) -> _ew_typing.Any:
    """Make a value of a type from JSON."""
    origin, inner = _ew_typing.get_origin(kind), _ew_typing.get_args(kind)
    if origin is _ew_typing.Annotated:
        return _ew_read(inner[0], value)
    if origin in (_ew_typing.Union, _ew_types.UnionType):
        return _ew_read_union(inner, value)
    if _ew_dataclasses.is_dataclass(kind) and isinstance(kind, type) and isinstance(value, dict):
        return _ew_read_dataclass(kind, value)
    if isinstance(kind, type) and issubclass(kind, _ew_enum.Enum):
        return kind(value)
    if kind in _EW_TIMES:
        return kind.fromisoformat(value.replace("Z", "+00:00"))
    if isinstance(value, list) and origin is not None:
        return _ew_read_list(origin, inner, value)
    if isinstance(value, dict) and len(inner) == 2:
        return {key: _ew_read(inner[1], item) for key, item in value.items()}
    return float(value) if kind is float and type(value) is int else value


def _ew_read_dataclass(kind: type, value: dict[str, _ew_typing.Any]) -> _ew_typing.Any:
    """Make a dataclass of its fields, as far as they are there."""
    hints, fields = _ew_typing.get_type_hints(kind), _ew_dataclasses.fields(kind)
    if value.keys() - {field.name for field in fields}:
        raise TypeError(f"{kind.__name__} has other fields than {', '.join(value)}")
    given = [field.name for field in fields if field.init and field.name in value]
    return kind(**{name: _ew_read(hints[name], value[name]) for name in given})


def _ew_read_union(inner: _ew_typing.Any, value: _ew_typing.Any) -> _ew_typing.Any:
    """Make a value of the first type that can be made of it."""
    if value is None or any(type(value) is kind for kind in inner):
        return value
    for kind in inner:
        if kind in _EW_PLAIN:
            continue
        try:
            return _ew_read(kind, value)
        except (TypeError, ValueError, AttributeError, KeyError):
            continue
    return value


def _ew_read_list(
    origin: _ew_typing.Any, inner: _ew_typing.Any, value: list[_ew_typing.Any]
) -> _ew_typing.Any:
    """Make a list, a tuple or a set."""
    if origin is tuple and inner and inner[-1] is not ...:
        return tuple(_ew_read(kind, item) for kind, item in zip(inner, value, strict=True))
    items = [_ew_read(inner[0] if inner else _ew_typing.Any, item) for item in value]
    kinds = {tuple: tuple, set: set, frozenset: frozenset, _ew_abc.Set: set}
    return kinds.get(origin, list)(items)


def _ew_write(value: _ew_typing.Any) -> _ew_typing.Any:
    """Make JSON of a value."""
    if _ew_dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in _ew_dataclasses.fields(value)]
        return {name: _ew_write(getattr(value, name)) for name in names}
    if isinstance(value, _ew_enum.Enum):
        return _ew_write(value.value)
    if isinstance(value, _EW_PLAIN):
        return value
    if isinstance(value, _EW_TIMES):
        return value.isoformat()
    if isinstance(value, _ew_abc.Mapping):
        return {str(key): _ew_write(item) for key, item in value.items()}
    if isinstance(value, list | tuple | _ew_abc.Generator):
        return [_ew_write(item) for item in value]
    if isinstance(value, set | frozenset):  # in an order that is the same in every run
        return sorted((_ew_write(item) for item in value), key=repr)
    as_list = getattr(value, "tolist", None)  # of numpy
    if as_list is not None:
        return _ew_write(as_list())
    raise TypeError(f"{type(value).__name__} can't be returned; return JSON or a dataclass")
