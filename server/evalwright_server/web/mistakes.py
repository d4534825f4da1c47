"""Kinds of mistakes in one word: those of pydantic, which clients of the job API know."""

from collections.abc import Mapping
from typing import Final

from jsonschema_rs import ValidationError, ValidationErrorKind

_KEYWORDS: Final[Mapping[type[ValidationErrorKind], str]] = {
    ValidationErrorKind.Pattern: "string_pattern_mismatch",
    ValidationErrorKind.MinLength: "string_too_short",
    ValidationErrorKind.MaxLength: "string_too_long",
    ValidationErrorKind.MinItems: "too_short",
    ValidationErrorKind.MaxItems: "too_long",
    ValidationErrorKind.MinProperties: "too_short",
    ValidationErrorKind.MaxProperties: "too_long",
    ValidationErrorKind.Minimum: "greater_than_equal",
    ValidationErrorKind.ExclusiveMinimum: "greater_than",
    ValidationErrorKind.Maximum: "less_than_equal",
    ValidationErrorKind.ExclusiveMaximum: "less_than",
}

_TYPES: Final = {
    "string": "string_type",
    "integer": "int_type",
    "number": "float_type",
    "boolean": "bool_type",
    "array": "list_type",
    "object": "dict_type",
}

_PARSED: Final = {"integer": "int_parsing", "number": "float_parsing", "boolean": "bool_parsing"}
"""Of types that may be sent as text."""


def kind_of(error: ValidationError) -> str:
    """Return the kind of mistake that a validator found."""
    if isinstance(error.kind, ValidationErrorKind.Type):
        return _kind_of_type(next(iter(error.kind.types)), error.instance)
    return _KEYWORDS.get(type(error.kind), "value_error")


def _kind_of_type(expected: str, found: object) -> str:
    if isinstance(found, str) and expected in _PARSED:
        return _PARSED[expected]
    if isinstance(found, float) and expected == "integer":
        return "int_from_float"
    return _TYPES.get(expected, "value_error")
