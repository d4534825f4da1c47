"""The document as the judge of values: one compiled validator per schema, made when needed."""

from collections.abc import Mapping
from functools import cache
from typing import Final
from urllib.parse import quote

import orjson
from jsonschema_rs import Draft202012Validator, Registry
from pydantic import JsonValue
from starlette.responses import Response, StreamingResponse

from evalwright_server.services.errors import FieldError
from evalwright_server.web.bodies import ALSO_TAKEN
from evalwright_server.web.canonical import Spelling, parse_time, spelling_of
from evalwright_server.web.document import Document, OperationSpec
from evalwright_server.web.schema_errors import SchemaErrors

_BASE: Final = "urn:evalwright:document"


class AnswerError(Exception):
    """This server answers what the document does not allow."""


class Judge:
    """Checks values against schemas of the document.

    Args:
        document: Where the schemas are.
        unsupported: Members that no schema has but clients send, and what to say about each.
    """

    def __init__(self, document: Document, unsupported: Mapping[str, str] | None = None) -> None:
        self._document = document
        self._registry = Registry([(_BASE, document.tree)])
        self._unsupported = unsupported or {}
        self._errors = SchemaErrors(document, self._unsupported)
        self._validator = cache(self._compile)
        self._spelling = cache(self._read_spelling)

    def check(
        self, pointer: str, value: JsonValue, foreign: Mapping[str, str] | None = None
    ) -> tuple[JsonValue, list[FieldError]]:
        """Return a value as it is to be stored, and everything that is wrong with it.

        Args:
            pointer: Where in the document the schema is.
            value: The value; containers in it may be changed in place.
            foreign: Members that belong elsewhere, and what to say about each.
        """
        value = self._spelling(pointer).apply(value)
        validator = self._validator(pointer)
        if validator.is_valid(value):
            return value, []
        errors = self._errors
        if foreign:
            errors = SchemaErrors(self._document, {**self._unsupported, **foreign})
        return value, errors.explain(validator.iter_errors(value))

    def members(self, pointer: str) -> list[str]:
        """Return the names of the members that an object schema knows."""
        return list(self._document.locate(pointer).node.get("properties", ()))

    def check_answer(self, operation: OperationSpec, response: Response) -> None:
        """Check an answer of this server against the document.

        Raises:
            AnswerError: They disagree.
        """
        schema = operation.answers.get(str(response.status_code))
        if schema is None and response.status_code >= 400:
            schema = operation.answers.get("default")
        if isinstance(response, StreamingResponse):
            return
        if schema is None:
            allowed = {*operation.media_types, *map(ALSO_TAKEN.get, operation.media_types)}
            if response.body and response.media_type not in allowed:
                raise AnswerError(f"{operation.id} answers {response.status_code} with a body")
            return
        errors = list(self._validator(schema.pointer).iter_errors(orjson.loads(response.body)))
        if errors:
            raise AnswerError(f"{operation.id} answers {response.status_code}: {errors}")

    def _compile(self, pointer: str) -> Draft202012Validator:
        return Draft202012Validator(
            {"$ref": f"{_BASE}#{quote(pointer)}"},
            registry=self._registry,
            validate_formats=True,
            formats={"date-time": lambda text: parse_time(text) is not None},
        )

    def _read_spelling(self, pointer: str) -> Spelling:
        return spelling_of(self._document, {"$ref": f"#{pointer}"})


def component(name: str) -> str:
    """Return where a schema component is."""
    return f"/components/schemas/{name}"
