"""Between one generation of clients and the native form."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from evalwright_server.web.canonical import fold
from evalwright_server.web.dialects.generations import Dialect, dialect_of
from evalwright_server.web.dialects.shapes import WRAPPED, Shape, ShapeReader, Unspeakable
from evalwright_server.web.document import Document, OperationSpec
from evalwright_server.web.problems import Problem

UNSUPPORTED: Final[Mapping[str, str]] = {
    "query_filters": "traces and sessions are not evaluated here; filter spans by query_filter",
    "query_mappings": "traces and sessions are not evaluated here; use column_mappings",
    "integration_id": "agents and remote evaluators are not supported by this server",
    "remote_config": "remote evaluators are not supported by this server",
    "is_private": "every space of this server is open to everyone with a key; leave it out",
    "granularity": "only spans are annotated here; leave it out",
    "included_columns": "spans are answered whole by this server; leave it out",
    "excluded_columns": "spans are answered whole by this server; leave it out",
    "truncate_string_length": "spans are answered whole by this server; leave it out",
}
"""Members that Arize clients may send and this server has nothing for, and what to do."""


class Translator:
    """Reads what one generation of clients sends, and writes what it can read."""

    def __init__(self, dialect: Dialect, document: Document) -> None:
        self.dialect = dialect
        wrapped = WRAPPED if dialect.words else {}
        self._answers = ShapeReader(
            document,
            words=dialect.words,
            keep=dialect.members,
            names=dialect.renamed,
            constants=dialect.constants,
            wrapped={place: self._spell(each) for place, each in wrapped.items()},
        )
        self._requests = ShapeReader(document, names=_inverted(dialect.renamed))
        self._answer_shape = cache(self._answers.read)
        self._request_shape = cache(self._requests.read)

    def read(self, operation: OperationSpec, body: object) -> object:
        """Return the body of a request in the native form, as far as it is of any form."""
        if operation.body is None or self.is_native:
            return body
        pointer = operation.body.schema.pointer
        body = self._request_shape(pointer).apply(body)
        component = pointer.rpartition("/")[2]
        return self._drop_nulls(component, _unwrap(component, body))

    def write(self, operation: OperationSpec, content: object) -> object:
        """Return the content of an answer in the client's form.

        Raises:
            Problem: 404, if the client has no form for it.
        """
        schema = operation.answers.get(str(operation.success))
        if schema is None or self.is_native:
            return content
        shape: Shape = self._answer_shape(schema.pointer)
        try:
            if isinstance(content, dict) and "pagination" in content:
                return shape.apply_to_rows(content)
            return shape.apply(content)
        except Unspeakable as error:
            raise Problem(
                404,
                f"this is of a kind ({error}) that clients of your version can't read; use a "
                "newer client",
            ) from None

    @property
    def is_native(self) -> bool:
        """Whether there is nothing to do."""
        return not self.dialect.words

    def _spell(self, constants: Mapping[str, str]) -> dict[str, str]:
        words = self.dialect.words["SpaceRoleAssignmentType"]
        return {name: words[word] for name, word in constants.items()}

    def _drop_nulls(self, component: str, body: object) -> object:
        rules = self.dialect.null_is_absent.get(component, {})
        if not isinstance(body, dict):
            return body
        unmeant = {
            name for name, beside in rules.items() if beside in body and body.get(name, "") is None
        }
        return {name: value for name, value in body.items() if name not in unmeant}


class Interpreter:
    """Finds the translator for whoever sends a request."""

    def __init__(self, document: Document) -> None:
        self._translators: dict[str, Translator] = {}
        self._document = document

    def translator(self, headers: Mapping[str, str]) -> Translator:
        """Return the translator for the sender of a request with these headers."""
        dialect = dialect_of(headers)
        if dialect.name not in self._translators:
            self._translators[dialect.name] = Translator(dialect, self._document)
        return self._translators[dialect.name]


def _inverted(renamed: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {
        component: {theirs: ours for ours, theirs in names.items()}
        for component, names in renamed.items()
    }


def _unwrap(component: str, body: object) -> object:
    """Return a request's body with the words taken out of their wrappers."""
    for place, constants in WRAPPED.items():
        owner, _, member = place.partition(".")
        if owner == component and isinstance(body, dict) and isinstance(body.get(member), dict):
            wrapper = body[member]
            theirs = {name: wrapper.get(name) for name in constants}
            if all(fold(str(theirs[name])) == fold(word) for name, word in constants.items()):
                body = {**body, member: wrapper.get("name")}
    return body
