"""Checks of operations and their parameters."""

import builtins
import keyword
import re
from collections.abc import Iterator

from .findings import Findings
from .nodes import Node
from .operations import METHODS, operation_nodes, parameter_nodes

_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_RESERVED = frozenset({*keyword.kwlist, *dir(builtins), "self", "datetime", "client", "url"})
_TAKEN = frozenset({"body", "codec", "models"})
"""Names that mean something else inside an operation's function."""
_PATH_ITEM = frozenset({*METHODS, "parameters", "summary", "description"})
_OPERATION = frozenset(
    {
        "operationId",
        "tags",
        "summary",
        "description",
        "parameters",
        "requestBody",
        "responses",
        "security",
    }
)
_PARAMETER = frozenset({"name", "in", "required", "description", "schema", "example", "examples"})
_SCALARS = ("string", "integer", "number", "boolean")


def check_operations(root: Node, findings: Findings) -> None:
    """Check what is to become functions, and their arguments."""
    for _, item in root["paths"].items():
        check_members(item, _PATH_ITEM, findings)
    _check_ids(root, findings)
    tags = {tag["name"].text for tag in root["tags"].each()}
    for path, _, item, operation in operation_nodes(root):
        check_members(operation, _OPERATION, findings)
        _check_operation(operation, tags, findings)
        _check_parameters(path, item, operation, findings)


def check_members(node: Node, allowed: frozenset[str], findings: Findings) -> None:
    """Refuse members that would get lost."""
    for name, member in node.items():
        if name not in allowed and not name.startswith("x-"):
            findings.add(member, f"{name} can't be compiled; leave it out")


def _check_ids(root: Node, findings: Findings) -> None:
    seen: dict[str, Node] = {}
    for _, _, _, operation in operation_nodes(root):
        name = operation["operationId"].text
        if not _SNAKE.fullmatch(name) or name in _RESERVED:
            findings.add(
                operation,
                f"operationId {name!r}: expected a name in snake case that Python has no use for",
            )
        elif name in seen:
            other = findings.origins.of(seen[name].pointer)
            findings.add(operation, f"operationId {name!r} is taken by {other}")
        seen.setdefault(name, operation)


def _check_operation(operation: Node, tags: set[str], findings: Findings) -> None:
    own = [tag.text for tag in operation["tags"].each()]
    if len(own) != 1:
        findings.add(operation, f"expected exactly one tag, got {len(own)}; it becomes the module")
    elif own[0] not in tags:
        findings.add(operation, f"the tag {own[0]!r} is not declared in the document's tags")
    if not operation["summary"].text:
        findings.add(operation, "summary is missing; it becomes the docstring")


def _check_parameters(path: str, item: Node, operation: Node, findings: Findings) -> None:
    seen: set[tuple[str, str]] = set()
    in_path: list[str] = []
    for entry in parameter_nodes(item, operation):
        parameter = entry.followed()
        name, place = parameter["name"].text, parameter["in"].text
        if (name, place) in seen:
            findings.add(entry, f"the {place} parameter {name!r} is here twice")
        seen.add((name, place))
        if place == "path":
            in_path.append(name)
        for reason in _faults(parameter):
            findings.add(parameter, f"parameter {name!r}: {reason}")
    expected = re.findall(r"{([^}]*)}", path)
    if sorted(in_path) != sorted(expected):
        findings.add(
            operation,
            f"{path} has the parameters {sorted(expected)}, but {sorted(in_path)} are described",
        )


def _faults(parameter: Node) -> Iterator[str]:
    name, place = parameter["name"].text, parameter["in"].text
    for member, _ in parameter.items():
        if member not in _PARAMETER and not member.startswith("x-"):
            yield f"{member} can't be compiled; leave it out"
    if place not in ("path", "query", "header"):
        yield f"in {place!r} can't be compiled; use path, query or header"
    if place == "path" and parameter["required"].value is not True:
        yield "a parameter of the path is required; say so"
    if place != "header" and not _SNAKE.fullmatch(name):
        yield "expected a name in snake case"
    if name.lower().replace("-", "_") in _TAKEN:
        yield "this name is taken; choose another"
    if place == "header" and name.lower() in ("accept", "content-type", "authorization"):
        yield "this header is not a parameter (it comes from media types or security)"
    yield from _schema_faults(parameter["schema"].followed(), place)


def _schema_faults(schema: Node, place: str) -> Iterator[str]:
    kind = schema["type"].value
    if kind == "array" and place == "query":
        kind = schema["items"].followed()["type"].value
    if kind not in _SCALARS:
        yield f"expected a text, a number or a boolean (in a query, or a list of them), got {kind!r}"
    if place == "header" and (kind != "string" or schema["format"]):
        yield "a header is a plain text; leave out type and format"
    if schema["enum"] and schema.pointer.count("/") != 3:
        yield "its enum has no name; make it a component"
