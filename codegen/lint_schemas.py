"""Checks of schemas: names, and what would become an awkward class."""

import re

from .findings import Findings
from .models_view import schemas_within
from .nodes import Node
from .operations import answer_nodes, operation_nodes

_NAME = re.compile(r"([A-Z][a-z]*[0-9]*)+")
_LOST = ("if", "then", "else", "dependentSchemas", "unevaluatedProperties", "contains", "$defs")
_COMPOSED = ("allOf", "anyOf", "oneOf")


def check_schemas(root: Node, findings: Findings) -> None:
    """Check every component."""
    for name, schema in root["components"]["schemas"].items():
        if not _NAME.fullmatch(name):
            findings.add(
                schema,
                f"the name {name!r} becomes another one as a class; start each word, also after a digit, with a capital",
            )
        _check_component(schema, findings)
        for node in schemas_within(schema):
            _check_schema(node, findings)
    for schema in reachable(root, "requests"):
        if schema["properties"] and not schema["additionalProperties"]:
            findings.add(
                schema,
                "clients send this: say whether additionalProperties are allowed; false refuses misspelt members",
            )

    for schema in reachable(root, "responses"):
        if len(list(schema["enum"].each())) == 1:
            findings.add(
                schema,
                "an enum of one value becomes a constant, which breaks clients when it grows; make it a plain text",
            )


def reachable(root: Node, side: str) -> list[Node]:
    """Find the components that travel in requests, or in responses."""
    starts: list[Node] = []
    for _, _, _, operation in operation_nodes(root):
        if side == "requests":
            starts += [
                value["schema"]
                for _, value in operation["requestBody"].followed()["content"].items()
            ]
        else:
            starts += [schema for _, _, schema in answer_nodes(operation)]
    found: dict[str, Node] = {}
    while starts:
        node = starts.pop()
        if (name := node.component) is not None:
            if name not in found:
                found[name] = node.followed()
                starts.append(found[name])
        else:
            starts += [inner for inner in schemas_within(node)[1:] if inner.value is not node.value]
    return list(found.values())


def _check_component(schema: Node, findings: Findings) -> None:
    composed = any(schema[key] for key in _COMPOSED)
    if schema["type"].value == "object" and not schema["properties"] and not composed:
        findings.add(
            schema,
            "an object without properties becomes an empty class; write it inline where it is used",
        )
    if any(
        {"type": "null"} == part.value for key in ("anyOf", "oneOf") for part in schema[key].each()
    ):
        findings.add(
            schema, "a component that may be null can't be compiled; put the null where it is used"
        )
    if not schema["description"].text and not schema.component:
        findings.add(schema, "description is missing; it becomes the docstring")


def _check_schema(schema: Node, findings: Findings) -> None:
    for key in _LOST:
        if schema[key]:
            findings.add(schema[key], f"{key} can't be compiled; leave it out")
    kind = schema["type"].value
    if isinstance(kind, list) and "object" in kind and schema["additionalProperties"]:
        findings.add(
            schema,
            "write anyOf with the object and {type: 'null'}; a list of types loses additionalProperties",
        )
    for key in ("items", "additionalProperties"):
        _check_inline(schema[key], findings)
    for key in ("anyOf", "oneOf"):
        for part in schema[key].each():
            _check_inline(part, findings)
    for _, member in schema["properties"].items():
        _check_inline(member, findings)
        if not member["description"].text and not member.component:
            findings.add(member, "description is missing; it becomes the docstring")


def _check_inline(schema: Node, findings: Findings) -> None:
    if schema["properties"]:
        findings.add(schema, "an object with properties needs a name; make it a component")
    values = schema["enum"].value
    if isinstance(values, list) and len(values) > 1:
        findings.add(schema, "an enum needs a name; make it a component")
