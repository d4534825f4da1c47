"""Rules that requests for analyses of every kind share, beside their schemas.

They take bodies that may be of any form, so that the form and the names in them are judged at
once; what has the wrong form is left to the schema.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from evalwright_server.services.errors import Findings, closest
from evalwright_server.services.requests import JsonObject

_LONGEST_SHOWN: Final = 60


def check_names(
    findings: Findings, pointer: str, names: object, allowed: Collection[str], noun: str
) -> None:
    """Note every name in a list that is none of those there are, with the nearest one.

    Args:
        findings: Where it is noted.
        pointer: Where the list stands.
        names: The list.
        allowed: The names there are.
        noun: What is named, such as "metric".
    """
    for index, name in enumerate(names) if isinstance(names, list) else ():
        if isinstance(name, str) and name not in allowed:
            _add_unknown(findings, f"{pointer}/{index}", name, allowed, noun)


def check_keys(
    findings: Findings, pointer: str, members: object, allowed: Collection[str], noun: str
) -> None:
    """Note every member of an object whose name is none of those there are.

    Args:
        findings: Where it is noted.
        pointer: Where the object stands.
        members: The object.
        allowed: The names there are.
        noun: What is named, such as "metric".
    """
    for name in members if isinstance(members, dict) else ():
        if name not in allowed:
            escaped = name.replace("~", "~0").replace("/", "~1")
            _add_unknown(findings, f"{pointer}/{escaped}", name, allowed, noun)


def _add_unknown(
    findings: Findings, pointer: str, name: str, allowed: Collection[str], noun: str
) -> None:
    """Note a name; the nearest one stands in the text too, for clients that show nothing else."""
    nearest = closest(name, allowed)
    shown = repr(name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}...")
    hint = f"; did you mean {nearest!r}?" if nearest else f"; there are {', '.join(allowed)}"
    findings.add(pointer, f"there is no {noun} {shown}{hint}", allowed=allowed, nearest=nearest)


def read_context(context: object) -> list[str]:
    """Return a context as a list of texts; one text is a list of one."""
    if isinstance(context, str):
        return [context] if context else []
    return [text for text in context if isinstance(text, str)] if isinstance(context, list) else []


def gather_metadata(item: Mapping[str, Any], known: Iterable[str]) -> JsonObject:
    """Return an item's metadata, with the members that its schema doesn't know."""
    rest = {name: value for name, value in item.items() if name not in known}
    return rest | (item.get("metadata") or {})
