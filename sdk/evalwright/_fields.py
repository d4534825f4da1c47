"""Finding and wording what is wrong with arguments."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from evalwright._errors.invalid import FieldError, InvalidRequest
from evalwright._places import dotted, locate, root

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_M = TypeVar("_M", bound="BaseModel")
_SHOWN = 80
_SECRET = frozenset({"api_key", "headers", "openai_api_key", "target_headers"})
"""Arguments whose values stay out of texts, which end up in logs."""


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
    return [_translate(detail, model, arguments) for detail in error.errors(include_url=False)]


def _translate(
    detail: "ErrorDetails", model: "type[BaseModel]", arguments: Mapping[str, str]
) -> FieldError:
    steps, around = locate(model, detail["loc"])
    first, *rest = steps or [""]
    path = dotted((arguments.get(str(first), first), *rest))
    context = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return FieldError(path, "is required")
        case "extra_forbidden":
            known = [*dict.fromkeys(name for here in around for name in here.model_fields)]
            return _unknown(path, str(steps[-1]), known)
        case "union_tag_not_found":
            return FieldError(dotted((path, _bare(context["discriminator"]))), "is required")
        case "union_tag_invalid":
            tags = [_bare(tag) for tag in context["expected_tags"].split(", ")]
            place = dotted((path, _bare(context["discriminator"])))
            return _unknown(place, str(context["tag"]), tags, got=shown(context["tag"]))
    message = detail["msg"].removeprefix("Input ")
    message = message[:1].lower() + message[1:]
    secret = root(path) in _SECRET
    return FieldError(path, message, None if secret else shown(cast("object", detail["input"])))


def _unknown(path: str, word: str, known: Sequence[str], got: str | None = None) -> FieldError:
    near = nearest(word, known)
    return FieldError(path, "is not known here", got=got, allowed=tuple(known), nearest=near)


def _bare(quoted: str) -> str:
    return quoted.strip("'")
