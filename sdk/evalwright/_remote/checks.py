"""Which functions can be sent."""

import inspect
from functools import partial
from types import FunctionType

from evalwright._errors.invalid import FieldError, InvalidRequest
from evalwright._fields import shown

_CURE = "a function made with def at the top of a module"


def check(function: object) -> None:
    """Refuse functions that can't be sent.

    Raises:
        InvalidRequest: It is one; says why, and what would do.
    """
    reason = _why_not(function)
    if reason is not None:
        raise InvalidRequest([FieldError("function", reason, shown(function), _CURE)])


def _why_not(function: object) -> str | None:
    original = inspect.unwrap(function) if callable(function) else function
    if isinstance(original, FunctionType):
        return _why_not_this_kind(original) or _why_not_alone(original)
    if isinstance(function, partial):
        return "is a partial; send its function and pass the arguments"
    if inspect.ismethod(function):
        return "is a method; only functions can be sent"
    return "is no function written in Python"


def _why_not_this_kind(function: FunctionType) -> str | None:
    if function.__name__ == "<lambda>":
        return "is a lambda, whose source can't be told from what is around it"
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return "is async; send a plain function, which may call asyncio.run()"
    if inspect.isgeneratorfunction(function):
        return "is a generator; return a list"
    return None


def _why_not_alone(function: FunctionType) -> str | None:
    if function.__code__.co_freevars:
        names = ", ".join(function.__code__.co_freevars)
        return f"is a closure over {names}; pass what it needs as arguments"
    prefix = function.__qualname__.rpartition(".")[0]
    if prefix and not prefix.endswith("<locals>"):
        return f"is part of the class {prefix}"
    return None
