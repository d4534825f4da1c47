"""The document as the server uses it: what each operation takes and what it answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from importlib.resources import files
from typing import Any, Final

import orjson

from evalwright_api.api import OPERATIONS

Schema = dict[str, Any]


class Family(Enum):
    """Families of operations, which differ in how they answer errors."""

    NATIVE = auto()
    JOBS = auto()
    ANALYSES = auto()


_PROBLEMS: Final[Mapping[str, Family]] = {
    "/components/schemas/JobProblem": Family.JOBS,
    "/components/schemas/AnalysisProblem": Family.ANALYSES,
}
"""The family of operations whose errors are of a schema."""


@dataclass(frozen=True, slots=True)
class Located:
    """A node of the document, and the JSON pointer to it once references are followed."""

    pointer: str
    node: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """A parameter of an operation.

    Attributes:
        name: As the document spells it.
        location: `path`, `query` or `header`.
        required: Whether it has to be there.
        schema: What its value must be.
    """

    name: str
    location: str
    required: bool
    schema: Located


@dataclass(frozen=True, slots=True)
class BodySpec:
    """The body of a request.

    Attributes:
        media_type: What the document asks for; JSON goes for every kind of JSON.
        required: Whether it has to be there.
        schema: What it must be.
    """

    media_type: str
    required: bool
    schema: Located

    @property
    def is_json(self) -> bool:
        """Whether it is some kind of JSON."""
        return self.media_type.endswith("json")


@dataclass(frozen=True, slots=True)
class OperationSpec:
    """An operation of the document.

    Attributes:
        id: Its operationId, which is also the name of its handler.
        method: In capitals.
        path: With the parameters in braces.
        parameters: Those of the path and of the operation.
        body: What it takes, if anything.
        success: The status of its successful answer.
        answers: Schemas of JSON answers by status, or `default` for every other one.
        media_types: What a successful answer may be, beside JSON with a schema.
        answer_headers: Names of the headers that a successful answer may carry.
        family: The family that all operations of its path belong to.
    """

    id: str
    method: str
    path: str
    parameters: tuple[ParameterSpec, ...]
    body: BodySpec | None
    success: int
    answers: Mapping[str, Located]
    media_types: frozenset[str]
    answer_headers: frozenset[str]
    family: Family

    @property
    def is_of_jobs(self) -> bool:
        """Whether it belongs to the family of jobs."""
        return self.family is Family.JOBS

    @property
    def is_of_analyses(self) -> bool:
        """Whether it belongs to the family of analyses."""
        return self.family is Family.ANALYSES


class Document:
    """The bundled OpenAPI document."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        """The document as it is served."""
        self.tree: dict[str, Any] = orjson.loads(content)

    @classmethod
    def bundled(cls) -> "Document":
        """Return the document that the installed API package was generated from."""
        return cls(files("evalwright_api").joinpath("openapi.json").read_bytes())

    def locate(self, pointer: str) -> Located:
        """Return the node at a JSON pointer, or the one that its reference points to."""
        node: Any = self.tree
        for part in pointer.split("/")[1:]:
            unescaped = part.replace("~1", "/").replace("~0", "~")
            node = node[int(part)] if isinstance(node, list) else node[unescaped]
        if isinstance(node, dict) and "$ref" in node:
            return self.locate(node["$ref"].removeprefix("#"))
        return Located(pointer, node)

    def below(self, parent: Located, name: str | int) -> Located:
        """Return a child of a node, or what its reference points to."""
        escaped = str(name).replace("~", "~0").replace("/", "~1")
        return self.locate(f"{parent.pointer}/{escaped}")

    def resolve(self, schema: Mapping[str, Any]) -> Schema:
        """Return what a schema says, following its reference if it is one."""
        if "$ref" in schema:
            return self.locate(schema["$ref"].removeprefix("#")).node
        return dict(schema)

    def schema(self, name: str) -> Schema:
        """Return a schema component."""
        return self.locate(f"/components/schemas/{name}").node

    @cached_property
    def operations(self) -> dict[str, OperationSpec]:
        """The operations by ID, in the order of the generated package."""
        return {
            operation.id: self._operation(operation.method, operation.path)
            for operation in OPERATIONS.values()
        }

    def _operation(self, method: str, path: str) -> OperationSpec:
        item = self.below(Located("/paths", self.tree["paths"]), path)
        node = self.below(item, method.lower())
        responses = self.below(node, "responses")
        answers = {status: self.below(responses, status) for status in responses.node}
        success = next(status for status in answers if status.startswith("2"))
        families = filter(None, (self._family(item, each) for each in item.node))
        return OperationSpec(
            id=node.node["operationId"],
            method=method.upper(),
            path=path,
            parameters=(*self._parameters(item), *self._parameters(node)),
            body=self._body(node),
            success=int(success),
            answers={
                status: schema
                for status, answer in answers.items()
                if (schema := self._json_schema(answer)) is not None
            },
            media_types=frozenset(answers[success].node.get("content", ())),
            answer_headers=frozenset(answers[success].node.get("headers", ())),
            family=next(families, Family.NATIVE),
        )

    def _family(self, item: Located, method: str) -> Family | None:
        """Return the family whose form of errors an operation has, if it is a family's own."""
        node = item.node[method]
        if not isinstance(node, dict) or "default" not in node.get("responses", ()):
            return None
        responses = self.below(self.below(item, method), "responses")
        schema = self._json_schema(self.below(responses, "default"))
        return None if schema is None else _PROBLEMS.get(schema.pointer)

    def _parameters(self, owner: Located) -> Iterator[ParameterSpec]:
        for index in range(len(owner.node.get("parameters", ()))):
            found = self.below(self.below(owner, "parameters"), index)
            node = found.node
            schema = self.below(found, "schema")
            yield ParameterSpec(node["name"], node["in"], node.get("required", False), schema)

    def _body(self, operation: Located) -> BodySpec | None:
        if "requestBody" not in operation.node:
            return None
        body = self.below(operation, "requestBody")
        content = self.below(body, "content")
        (media_type,) = content.node
        schema = self.below(self.below(content, media_type), "schema")
        return BodySpec(media_type, body.node.get("required", False), schema)

    def _json_schema(self, answer: Located) -> Located | None:
        for media_type in answer.node.get("content", ()):
            if media_type.endswith("json"):
                content = self.below(answer, "content")
                return self.below(self.below(content, media_type), "schema")
        return None
