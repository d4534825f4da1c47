"""Which arguments a caller passed."""

from enum import StrEnum
from typing import TypeVar

from evalwright._errors.invalid import FieldError, InvalidRequest
from evalwright._fields import refuse, shown
from evalwright._unset import UNSET

_E = TypeVar("_E", bound=StrEnum)


def given(**arguments: object) -> dict[str, object]:
    """Keep the arguments that are neither None nor UNSET."""
    return {
        name: value for name, value in arguments.items() if value is not None and value is not UNSET
    }


def passed(**arguments: object) -> dict[str, object]:
    """Keep the arguments that are not UNSET; None is a value here."""
    return {name: value for name, value in arguments.items() if value is not UNSET}


def something(**arguments: object) -> dict[str, object]:
    """Keep the arguments that are not UNSET and refuse when there are none.

    Raises:
        InvalidRequest: Listing what could be passed.
    """
    changes = passed(**arguments)
    if not changes:
        refuse(
            [FieldError("", "nothing to change: pass at least one field.", allowed=(*arguments,))]
        )
    return changes


def choice(kind: type[_E], value: object, argument: str) -> _E | None:
    """Read a filter by one of several words; words of a newer server pass.

    Raises:
        InvalidRequest: It is no text.
    """
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        words = tuple(member.value for member in kind)
        raise InvalidRequest([FieldError(argument, "is no text", got=shown(value), allowed=words)])
    return kind(value)
