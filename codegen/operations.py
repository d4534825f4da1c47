"""The operations of a bundled document, with everything the templates and the checks need to know."""

from collections.abc import Iterator
from dataclasses import dataclass

from .media import STREAMS, kind
from .nodes import Node

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")


@dataclass(frozen=True)
class Parameter:
    """A parameter of an operation; `schema` points to its schema."""

    name: str
    location: str
    required: bool
    description: str
    schema: str


@dataclass(frozen=True)
class Body:
    """What an operation takes; `schema` points to its schema."""

    media: str
    required: bool
    model: str | None
    schema: str


@dataclass(frozen=True)
class Answer:
    """What an operation may answer."""

    status: str
    media: str | None
    kind: str
    model: str | None

    @property
    def is_error(self) -> bool:
        """Whether it is a refusal."""
        return self.status[0] in "45d"

    @property
    def type(self) -> str:
        """The Python type of what it is read as."""
        if self.status == "304":
            return "NotModified"
        plain = {"json": f"models.{self.model}", "text": "str", "bytes": "bytes", "empty": "None"}
        if self.kind in plain:
            return plain[self.kind]
        return f"Event[models.{self.model}]" if self.kind == "sse" else f"models.{self.model}"


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    id: str
    tag: str
    method: str
    path: str
    summary: str
    description: str
    stage: str
    parameters: tuple[Parameter, ...]
    body: Body | None
    answers: tuple[Answer, ...]

    @property
    def streams(self) -> bool:
        """Whether its good answers are read piece by piece."""
        return any(answer.kind in STREAMS for answer in self.answers)

    @property
    def type(self) -> str:
        """The Python type of its good answers."""
        good = dict.fromkeys(answer.type for answer in self.answers if not answer.is_error)
        return " | ".join(sorted(good, key=lambda name: name == "NotModified"))


def operation_nodes(root: Node) -> Iterator[tuple[str, str, Node, Node]]:
    """Go through the document's operations: path, method, the path's node, the operation's node."""
    for path, item in root["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, item, operation


def parameter_nodes(item: Node, operation: Node) -> Iterator[Node]:
    """Go through the parameters of an operation, those of its path first."""
    yield from item["parameters"].each()
    yield from operation["parameters"].each()


def answer_nodes(operation: Node) -> Iterator[tuple[str, str | None, Node]]:
    """Go through what an operation answers: status, media type, and the node of its schema."""
    for status, response in operation["responses"].items():
        content = response.followed()["content"]
        if not content.value:
            yield status, None, content
        for media, value in content.items():
            yield status, media, value["schema"]


def read_operations(root: Node) -> list[Operation]:
    """Read every operation of a document that has passed the checks, in the document's order."""
    return [
        _operation(path, method, item, node) for path, method, item, node in operation_nodes(root)
    ]


def _operation(path: str, method: str, item: Node, node: Node) -> Operation:
    parameters = [_parameter(entry.followed()) for entry in parameter_nodes(item, node)]
    return Operation(
        id=node["operationId"].text,
        tag=next(node["tags"].each()).text,
        method=method.upper(),
        path=path,
        summary=node["summary"].text,
        description=node["description"].text.strip(),
        stage=node["x-release-stage"].text or "stable",
        parameters=tuple(parameters),
        body=_body(node["requestBody"].followed()),
        answers=tuple(
            Answer(status, media, kind(media), schema.component if kind(media) in _TYPED else None)
            for status, media, schema in answer_nodes(node)
        ),
    )


_TYPED = ("json", *STREAMS)


def _parameter(node: Node) -> Parameter:
    return Parameter(
        name=node["name"].text,
        location=node["in"].text,
        required=node["required"].value is True,
        description=node["description"].text.strip(),
        schema=node["schema"].pointer,
    )


def _body(node: Node) -> Body | None:
    for media, value in node["content"].items():
        schema = value["schema"]
        model = schema.component if kind(media) == "json" else None
        return Body(media, node["required"].value is True, model, schema.pointer)
    return None
