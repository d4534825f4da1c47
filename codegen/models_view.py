"""The models view: what datamodel-code-generator gets to see of the document."""

import copy

from .nodes import Node
from .yaml_files import Json

_NULL: Json = {"type": "null"}


def models_view(document: dict[str, Json]) -> dict[str, Json]:
    """Make the view of a bundled document.

    A member that is null or one other thing is written with `nullable`. As a union of two it would get a union mode,
    which pydantic refuses where but one alternative is left beside null.
    """
    view = copy.deepcopy(document)
    for _, schema in Node.root(view)["components"]["schemas"].items():
        for node in schemas_within(schema):
            for _, member in node["properties"].items():
                _flatten(member)
    return view


def schemas_within(schema: Node) -> list[Node]:
    """Give a schema and every schema written inside it, references not followed."""
    found = [schema]
    for key in ("items", "additionalProperties", "not"):
        if isinstance(schema[key].value, dict):
            found += schemas_within(schema[key])
    for key in ("allOf", "anyOf", "oneOf", "prefixItems"):
        for part in schema[key].each():
            found += schemas_within(part)
    for key in ("properties", "patternProperties"):
        for _, part in schema[key].items():
            found += schemas_within(part)
    return found


def _flatten(member: Node) -> None:
    for key in ("anyOf", "oneOf"):
        parts = member[key].value
        if isinstance(member.value, dict) and isinstance(parts, list) and len(parts) == 2:
            others = [part for part in parts if part != _NULL]
            if len(others) == 1:
                del member.value[key]
                member.value.update({"anyOf": others, "nullable": True})
