"""Forms of answers: as a JSON schema for the model, and read back as a value."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

_SHOWN = 3


class Form(BaseModel):
    """Base of the forms. Members a model adds are ignored; all that are declared are required."""

    model_config = ConfigDict(extra="ignore", frozen=True)


F = TypeVar("F", bound=Form)


class MisfitAnswer(Exception):
    """An answer does not have its form; the text tells the model what is wrong."""


def schema_of(form: type[Form]) -> dict[str, Any]:
    """Return the JSON schema of a form, as strict structured output wants it."""
    schema = form.model_json_schema()
    _close(schema)
    return schema


def _close(node: object) -> None:
    """Forbid further members everywhere, which strict output demands."""
    if isinstance(node, dict):
        if node.get("type") == "object":
            node["additionalProperties"] = False
        for child in node.values():
            _close(child)
    elif isinstance(node, list):
        for child in node:
            _close(child)


def read(form: type[F], text: str) -> F:
    """Read an answer.

    Models like to put JSON into a fenced block or to talk around it; the outermost object counts.

    Raises:
        MisfitAnswer: Saying what is wrong.
    """
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise MisfitAnswer("it has no JSON object")
    try:
        value = json.loads(text[start : end + 1])
    except (ValueError, RecursionError) as error:
        raise MisfitAnswer(f"its JSON can't be read: {error}") from None
    try:
        return form.model_validate(value)
    except ValidationError as error:
        wrong = [
            f"{'.'.join(map(str, each['loc'])) or 'it'}: {each['msg']}"
            for each in error.errors(include_url=False, include_input=False)[:_SHOWN]
        ]
        raise MisfitAnswer("; ".join(wrong)) from None
