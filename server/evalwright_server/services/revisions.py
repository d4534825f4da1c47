"""Entity tags: how a client proves that it changes what it has seen."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson

from evalwright_server.services.errors import StaleRevision


def entity_tag(view: Mapping[str, Any]) -> str:
    """Return the entity tag of a resource, quotes included.

    Which version of an evaluator is shown beside it is left out: a change of the evaluator never
    concerns it, and its tag must be the same whichever version its reader chose.
    """
    content = {name: value for name, value in view.items() if name != "version"}
    return f'"{blake2b(orjson.dumps(content), digest_size=9).hexdigest()}"'


def matches(tag: str, condition: str) -> bool:
    """Tell whether an `If-Match` or `If-None-Match` value covers a tag (RFC 9110, 13.1).

    Weak tags compare like strong ones: this server's representations are equal to the byte.
    """
    if condition.strip() == "*":
        return True
    return any(each.strip().removeprefix("W/") == tag for each in condition.split(","))


def require_match(view: Mapping[str, Any], condition: str | None) -> None:
    """Refuse a write whose sender has seen another revision.

    Raises:
        StaleRevision: `condition` is given and does not cover the current tag.
    """
    if condition is not None and not matches(entity_tag(view), condition):
        raise StaleRevision(
            f"it has changed since: its ETag is now {entity_tag(view)}, If-Match names "
            f"{condition}; read it again and repeat the change"
        )
