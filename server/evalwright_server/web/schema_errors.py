"""From the validator's findings to wrong fields, in words that help.

A value that fits no branch of a union is judged by the branch it was meant to be: the one whose
tag it carries, or else the one whose members it comes closest to.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from typing import Any, Final

from jsonschema_rs import ValidationError, ValidationErrorKind

from evalwright_server.services.errors import FieldError, closest
from evalwright_server.web.document import Document, Schema
from evalwright_server.web.mistakes import kind_of

_TYPE_NAMES: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}

Path = tuple[str | int, ...]


class SchemaErrors:
    """Explains what a validator found in values of this document's schemas.

    Args:
        document: Where the schemas are.
        foreign: Members that belong elsewhere, and what to say about each.
    """

    def __init__(self, document: Document, foreign: Mapping[str, str] | None = None) -> None:
        self._document = document
        self._foreign = foreign or {}

    def explain(self, found: Iterable[ValidationError]) -> list[FieldError]:
        """Return every wrong field once, in the order of the findings."""
        explained: dict[tuple[str, str], FieldError] = {}
        for error in found:
            for field_error in self._explain(error):
                explained.setdefault((field_error.pointer, field_error.message), field_error)
        return list(explained.values())

    def _explain(self, error: ValidationError) -> Iterator[FieldError]:
        match error.kind:
            case ValidationErrorKind.AnyOf(branches) | ValidationErrorKind.OneOfNotValid(branches):
                yield from self._explain_union(tuple(error.instance_path), error, branches)
            case ValidationErrorKind.AdditionalProperties(unexpected):
                yield from self._explain_unknown(error, unexpected)
            case ValidationErrorKind.Required(member):
                pointer = _pointer([*error.instance_path, member])
                yield FieldError(pointer, "is required", kind="missing")
            case ValidationErrorKind.Enum(options):
                yield _explain_choice(_pointer(error.instance_path), error.instance, options)
            case _:
                pointer = _pointer(error.instance_path)
                yield FieldError(pointer, self._message(error), kind=kind_of(error))

    def _message(self, error: ValidationError) -> str:  # noqa: PLR0911 - one per keyword
        match error.kind:
            case ValidationErrorKind.Type(types):
                return f"expected {_type_names(types)}, not {_type_of(error.instance)}"
            case ValidationErrorKind.Format("date-time"):
                return "expected a date and time, such as 2026-01-31T09:30:00Z"
            case ValidationErrorKind.Pattern(pattern):
                return f"has characters that are not allowed here; expected a match of {pattern}"
            case ValidationErrorKind.MinLength(1) | ValidationErrorKind.MinItems(1):
                return "must not be empty"
            case ValidationErrorKind.MaxLength(limit):
                return f"may have at most {limit} characters; this has {_size(error.instance)}"
            case ValidationErrorKind.MaxItems(limit):
                return f"may have at most {limit} entries; this has {_size(error.instance)}"
            case ValidationErrorKind.Minimum(limit):
                return f"must be at least {limit}"
            case ValidationErrorKind.Maximum(limit):
                return f"must be at most {limit}"
            case ValidationErrorKind.MinProperties(limit):
                members = list(self._parent(error).get("properties", ()))
                return f"needs at least {limit} member" + _listing(" of ", members)
        return error.message

    def _explain_unknown(
        self, error: ValidationError, unexpected: Sequence[str]
    ) -> Iterator[FieldError]:
        members = list(self._parent(error).get("properties", ()))
        for name in unexpected:
            foreign = self._foreign.get(name)
            yield FieldError(
                _pointer([*error.instance_path, name]),
                foreign or "there is no such member here",
                tuple(members),
                None if foreign else closest(name, members),
                "extra_forbidden",
            )

    def _explain_union(
        self, path: Path, error: ValidationError, branches: Sequence[Sequence[ValidationError]]
    ) -> Iterator[FieldError]:
        meant = [branch for branch in branches if not any(_is_off(path, each) for each in branch)]
        if not meant:
            yield _explain_no_branch(path, error, branches)
            return
        if (tag := self._missing_tag(path, meant)) is not None:
            yield tag
            return
        distances = [sum(_is_about_members(path, each) for each in branch) for branch in meant]
        nearest = [
            branch for branch, far in zip(meant, distances, strict=True) if far == min(distances)
        ]
        if len(nearest) > 1 and (choice := _missing_choice(path, nearest)) is not None:
            yield choice
            return
        for each in nearest[0]:
            yield from self._explain(each)

    def _missing_tag(
        self, path: Path, branches: Sequence[Sequence[ValidationError]]
    ) -> FieldError | None:
        """Return what to say if all branches miss the member that would tell them apart."""
        wanted = [
            {name: each for each in branch if (name := _missing_member(path, each))}
            for branch in branches
        ]
        for name in [name for name in wanted[0] if all(name in each for each in wanted)]:
            schemas = [self._member_schema(self._parent(errors[name]), name) for errors in wanted]
            options = [value for schema in schemas for value in schema.get("enum", ())]
            if len(set(options)) == len(schemas) > 1:
                return FieldError(_pointer([*path, name]), "is required", tuple(options))
        return None

    def _member_schema(self, schema: Schema, name: str) -> Schema:
        return self._document.resolve(schema.get("properties", {}).get(name, {}))

    def _parent(self, error: ValidationError) -> Schema:
        """Return the schema that the failed keyword stands in."""
        node: Any = self._document.tree
        for part in error.schema_path[:-1]:
            node = node[part]
        schema: Schema = node
        return schema


def _is_off(path: Path, error: ValidationError) -> bool:
    """Tell whether a finding shows that the branch was not meant: another type or tag."""
    if isinstance(error.kind, ValidationErrorKind.Type):
        return tuple(error.instance_path) == path
    if isinstance(error.kind, ValidationErrorKind.Enum):
        return len(error.kind.options) == 1 and tuple(error.instance_path[:-1]) == path
    return False


def _is_about_members(path: Path, error: ValidationError) -> bool:
    kinds = (ValidationErrorKind.Required, ValidationErrorKind.AdditionalProperties)
    return isinstance(error.kind, kinds) and tuple(error.instance_path) == path


def _missing_member(path: Path, error: ValidationError) -> str | None:
    """Return the member that a value at `path` should have, if that is what was found."""
    if isinstance(error.kind, ValidationErrorKind.Required) and tuple(error.instance_path) == path:
        return error.kind.property
    return None


def _missing_choice(path: Path, branches: Sequence[Sequence[ValidationError]]) -> FieldError | None:
    """Return what to say if each branch misses another member."""
    wanted = [
        {name for each in branch if (name := _missing_member(path, each))} for branch in branches
    ]
    names = {name for each in wanted for name in each}
    alone = sorted(name for name in names if not all(name in each for each in wanted))
    if len(alone) < 2:
        return None
    return FieldError(_pointer(path), f"needs exactly one of {', '.join(alone)}", tuple(alone))


def _explain_no_branch(
    path: Path, error: ValidationError, branches: Sequence[Sequence[ValidationError]]
) -> FieldError:
    tag = error
    options: list[Any] = []
    types: list[str] = []
    for each in (each for branch in branches for each in branch if _is_off(path, each)):
        match each.kind:
            case ValidationErrorKind.Enum(values):
                options += values
                tag = each
            case ValidationErrorKind.Type(names):
                types += names
    if options:
        return _explain_choice(_pointer(tag.instance_path), tag.instance, options)
    message = f"expected {_type_names(types)}, not {_type_of(error.instance)}"
    return FieldError(_pointer(path), message)


def _explain_choice(pointer: str, value: object, options: Sequence[Any]) -> FieldError:
    allowed = tuple(str(option) for option in dict.fromkeys(options))
    if isinstance(value, str):
        shown = repr(value if len(value) <= 60 else f"{value[:57]}...")
        message = f"{shown} is none of {', '.join(allowed)}"
        return FieldError(pointer, message, allowed, closest(value, allowed), "enum")
    message = f"expected one of {', '.join(allowed)}, not {_type_of(value)}"
    return FieldError(pointer, message, allowed, kind="enum")


def _type_names(types: Iterable[str]) -> str:
    names = sorted(dict.fromkeys(types), key="null".__eq__)
    return " or ".join(_TYPE_NAMES[name] for name in names)


def _type_of(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, float) and not value.is_integer():
        return "a fraction"
    names = {str: "text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def _size(value: object) -> int:
    return len(value) if isinstance(value, Sized) else 0


def _listing(prefix: str, names: Sequence[str]) -> str:
    return f"{prefix}{', '.join(names)}" if names else ""


def _pointer(path: Iterable[str | int]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
