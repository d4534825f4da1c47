"""The operations view: what openapi-python-client gets to see of the document.

Its own model parser is of no use to us (the models come from elsewhere), stumbles over much of JSON Schema and drops
bodies of media types it does not know. So it sees the operations with their parameters only, objects and unions as
`{"type": "object"}` and no bodies; then there is nothing it could drop. What the templates need beyond names and types
of parameters travels under `x-operations`.
"""

import copy
import dataclasses
import itertools
import json
from collections.abc import Sequence

from .nodes import Node
from .operations import Answer, operation_nodes, parameter_nodes, read_operations
from .yaml_files import Json

_SCALARS = frozenset({"string", "integer", "number", "boolean"})


def operations_view(document: dict[str, Json]) -> dict[str, Json]:
    """Make the view of a bundled document."""
    view = copy.deepcopy(document)
    root = Node.root(view)
    schemas = root["components"]["schemas"]
    if isinstance(schemas.value, dict):
        for name, schema in list(schemas.items()):
            schemas.value[name] = _cut(schema)
    for _, _, item, operation in operation_nodes(root):
        _cut_operation(item, operation)
    for _, item in root["paths"].items():
        if isinstance(item.value, dict):
            item.value.pop("parameters", None)
    facts = read_operations(Node.root(document))
    view["x-operations"] = {
        fact.id: {
            **json.loads(json.dumps(dataclasses.asdict(fact))),
            "type": fact.type,
            "streams": fact.streams,
            "groups": _grouped(fact.answers),
        }
        for fact in facts
    }
    errors = {answer.model for fact in facts for answer in fact.answers if answer.is_error}
    view["x-problems"] = list[Json](sorted(name for name in errors if name))
    return view


def _grouped(answers: Sequence[Answer]) -> list[Json]:
    """Write answers that differ in their status only as one."""
    grouped = itertools.groupby(
        answers, key=lambda answer: (answer.media, answer.kind, answer.model)
    )
    return [
        {
            "statuses": " ".join(answer.status for answer in group),
            "media": media,
            "kind": kind,
            "model": model,
        }
        for (media, kind, model), group in grouped
    ]


def _cut(schema: Node) -> Json:
    kind = schema["type"].text
    if kind in _SCALARS:
        return schema.value
    return {"type": "object"}


def _cut_operation(item: Node, operation: Node) -> None:
    if isinstance(operation.value, dict):
        operation.value.pop("requestBody", None)
        operation.value["responses"] = {"default": {"description": "Read from x-operations."}}
        operation.value["parameters"] = [
            copy.deepcopy(node.followed().value) for node in parameter_nodes(item, operation)
        ]
