"""A function as a program that is sent, with what goes in and what comes out."""

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import PydanticSchemaGenerationError, PydanticUndefinedAnnotation, TypeAdapter
from pydantic import ValidationError as Invalid

from evalwright._errors.invalid import FieldError, InvalidRequest
from evalwright._errors.jobs import UnexpectedResult
from evalwright._fields import shown
from evalwright._remote import harness
from evalwright._remote.checks import check
from evalwright._remote.sources import Sources

_R = TypeVar("_R")


class Program(Generic[_R]):
    """A function that can be sent.

    Args:
        function: A function at the top of a module.

    Raises:
        InvalidRequest: It can't be sent; says why, and what would do.
    """

    def __init__(self, function: Callable[..., _R]) -> None:
        check(function)
        self._signature = inspect.signature(function)
        self._reader = _reader(function)
        sources = Sources()
        name = sources.add_function(function)
        sources.refuse()
        runner = inspect.getsource(harness)
        self.code = f"{sources.text}\n\n\n{runner}\n\n_ew_run({name})\n"

    def input_of(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> dict[str, object]:
        """Write the arguments of a call as JSON.

        Raises:
            TypeError: The function does not take them, as Python says.
            InvalidRequest: They can't be written as JSON.
        """
        bound = self._signature.bind(*args, **kwargs)
        errors: list[FieldError] = []
        found = [_written(f"argument {n}", value, errors) for n, value in enumerate(bound.args, 1)]
        named = {name: _written(name, value, errors) for name, value in bound.kwargs.items()}
        if errors:
            raise InvalidRequest(errors)
        return {"args": found, "kwargs": named}

    def result_in(
        self, job_id: str, output: Mapping[str, object] | None, note: str | None = None
    ) -> _R:
        """Read what the function returned.

        Args:
            job_id: The job it ran as.
            output: What that left.
            note: What the server says of it.

        Raises:
            UnexpectedResult: It is not what the function says it returns.
        """
        if output is None or "result" not in output:
            reason = note or "the job left no result in its output"
            raise UnexpectedResult(job_id=job_id, result=output, reason=reason)
        result = output["result"]
        try:
            read: _R = self._reader.validate_json(json.dumps(result))
        except Invalid as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(step) for step in first["loc"]) or "it"
            reason = f"{place}: {first['msg']} (got {shown(result)})"
            raise UnexpectedResult(job_id=job_id, result=result, reason=reason) from None
        return read


def _reader(function: Callable[..., Any]) -> TypeAdapter[Any]:
    try:
        hint = get_type_hints(function, include_extras=True).get("return", Any)
        return TypeAdapter(hint)
    except (NameError, PydanticUndefinedAnnotation) as error:
        why, cure = f"has an annotation that can't be read: {error}", "names known where it stands"
    except PydanticSchemaGenerationError:
        why, cure = "returns what can't be written as JSON", "JSON or a dataclass of it"
    raise InvalidRequest([FieldError("function", why, expected=cure)])


def _written(place: str, value: object, errors: list[FieldError]) -> object:
    try:
        written = harness._ew_write(value)
        json.dumps(written, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        expected = "JSON, dates, enums, and dataclasses and lists of them"
        errors.append(FieldError(place, "can't be sent", shown(value), expected))
        return None
    return written
