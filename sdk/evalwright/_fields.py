"""Finding and wording what is wrong with arguments."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from evalwright._errors.invalid import FieldError, InvalidRequest

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_M = TypeVar("_M", bound="BaseModel")
_SHOWN = 80


def shown(value: object) -> str:
    """Show a value the way Python would, shortened."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """Choose the most similar word, or None when nothing comes close."""
    found = ranked(word, choices, limit=1)
    return found[0] if found else None


def ranked(word: str, choices: Iterable[str], *, limit: int) -> list[str]:
    """List the most similar words, best first; capitals count little."""
    folded: dict[str, str] = {}
    for choice in choices:
        folded.setdefault(choice.casefold(), choice)
    close = difflib.get_close_matches(word.casefold(), folded, n=limit, cutoff=0.6)
    return [folded[match] for match in close]


def refuse(errors: Sequence[FieldError]) -> None:
    """Raise InvalidRequest when there is anything to complain about."""
    if errors:
        raise InvalidRequest(errors)


def name_errors(argument: str, value: object) -> list[FieldError]:
    """Complain about what can be neither a name nor an ID."""
    if isinstance(value, str) and value:
        return []
    return [FieldError(argument, "is no name or ID", shown(value), "a non-empty text")]


def build(
    model: type[_M], members: Mapping[str, object], *, arguments: Mapping[str, str] | None = None
) -> _M:
    """Make a request body of plain values, models or a mixture of both.

    Types are compared strictly, as the server does: "0.5" is no number. NaN becomes null.

    Args:
        model: The body's model.
        members: Its members.
        arguments: What the caller calls members that the document calls otherwise.

    Raises:
        InvalidRequest: Naming every member that does not fit the model.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - importing this module stays cheap
    from pydantic_core import PydanticSerializationError, to_json  # noqa: PLC0415

    try:
        # By way of JSON: there, strict still lets text stand for dates and enum members.
        text = to_json(dict(members), inf_nan_mode="null")
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise InvalidRequest(from_pydantic(error, model, arguments or {})) from None
    except PydanticSerializationError as error:
        raise InvalidRequest([FieldError("", f"can't be written as JSON: {error}")]) from None


def from_pydantic(
    error: "ValidationError", model: "type[BaseModel]", arguments: Mapping[str, str]
) -> list[FieldError]:
    """Translate what pydantic found."""
    return [
        _translate(detail, model, arguments)
        for detail in error.errors(include_url=False, include_context=False)
    ]


def _translate(
    detail: "ErrorDetails", model: "type[BaseModel]", arguments: Mapping[str, str]
) -> FieldError:
    first, *rest = detail["loc"] or ("",)
    path = dotted((arguments.get(str(first), first), *rest))
    if detail["type"] == "missing":
        return FieldError(path, "is required")
    if detail["type"] == "extra_forbidden":
        known = tuple(model.model_fields) if not rest else ()
        return FieldError(
            path,
            "is not known here",
            allowed=known,
            nearest=nearest(str(detail["loc"][-1]), known),
        )
    message = detail["msg"][:1].lower() + detail["msg"][1:]
    return FieldError(path, message, got=shown(cast("object", detail["input"])))


def dotted(steps: Iterable[str | int]) -> str:
    """Write a place inside a value as `evaluators[0].evaluator_id`."""
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{step}" if path else step
    return path


def pointed(pointer: str) -> str:
    """Rewrite a pointer of the server, `/a/0` or `query:limit`, in the notation of `dotted`."""
    if not pointer.startswith("/"):
        return pointer.partition(":")[2] or pointer
    steps = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return dotted(int(step) if step.isdecimal() else step for step in steps)
