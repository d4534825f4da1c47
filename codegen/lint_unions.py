"""Checks of unions: whether their tags lead somewhere, and whether those that servers send are open."""

from .findings import Findings
from .lint_schemas import reachable
from .nodes import Node


def check_unions(root: Node, findings: Findings) -> None:
    """Check every union that has a discriminator."""
    open_ones = _members_of_open_unions(root)
    sent = {schema.pointer for schema in reachable(root, "responses")}
    taken = {schema.pointer for schema in reachable(root, "requests")}
    for name, schema in root["components"]["schemas"].items():
        if schema["discriminator"]:
            _check_discriminator(schema, findings)
            if schema.pointer in sent - taken and name not in open_ones:
                findings.add(
                    schema,
                    f"servers send this union: refer to it from an anyOf of {name} and an Unknown..., "
                    "so that a new variant does not break old clients",
                )


def _members_of_open_unions(root: Node) -> set[str]:
    found: set[str] = set()
    for _, schema in root["components"]["schemas"].items():
        names = [part.component or "" for part in schema["anyOf"].each()]
        if names and names[-1].startswith("Unknown"):
            found.update(names[:-1])
    return found


def _check_discriminator(schema: Node, findings: Findings) -> None:
    tag = schema["discriminator"]["propertyName"].text
    mapping = {
        value: ref.text.rpartition("/")[2]
        for value, ref in schema["discriminator"]["mapping"].items()
    }
    members = {part.component: part.followed() for part in schema["oneOf"].each()}
    if not members or None in members:
        findings.add(schema, "a discriminator belongs to a oneOf of $refs")
        return
    if sorted(mapping.values()) != sorted(name for name in members if name):
        findings.add(
            schema["discriminator"],
            f"mapping leads to {sorted(mapping.values())}, but the union has {sorted(name for name in members if name)}",
        )
    for value, name in mapping.items():
        member = members.get(name)
        if member is not None and _tag_values(member, tag) != [value]:
            findings.add(
                member,
                f"the discriminator maps {value!r} here, so {tag} must be required and {{type: string, enum: [{value}]}}",
            )


def _tag_values(member: Node, tag: str) -> object:
    required = member["required"].value
    if not isinstance(required, list) or tag not in required:
        return None
    schema = member["properties"][tag].followed()
    return [schema["const"].value] if schema["const"] else schema["enum"].value
