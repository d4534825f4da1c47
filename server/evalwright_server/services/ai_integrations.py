"""AI integrations: how to reach a model provider."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, insert, select, update

from evalwright_server.services.errors import Findings
from evalwright_server.services.lists import ListFilter, contains
from evalwright_server.services.names import require_free_name
from evalwright_server.services.pages import Order, PageRequest, fetch
from evalwright_server.services.references import require
from evalwright_server.services.requests import (
    CreateAiIntegrationRequest,
    JsonObject,
    UpdateAiIntegrationRequest,
)
from evalwright_server.services.revisions import require_match
from evalwright_server.services.scopings import (
    replace_scopings,
    resolve_scopings,
    scopings_of,
    usable_in,
)
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.ids import Kind, encode, new_suffix
from evalwright_server.store.secrets import SecretBox, SecretKeyError
from evalwright_server.store.tables.ai_integrations import ai_integrations
from evalwright_server.store.tables.spaces import spaces

_ORDER = Order("ai_integrations", (ai_integrations.c.id,))
_NEEDED_METADATA = {"awsBedrock": "aws", "vertexAI": "gcp"}
_DEFAULTS = {
    "base_url": None,
    "model_names": None,
    "enable_default_models": False,
    "function_calling_enabled": True,
    "auth_type": "default",
    "provider_metadata": None,
}


def list_integrations(
    conn: Connection, page: PageRequest, chosen: ListFilter, *, secrets: SecretBox
) -> JsonObject:
    """Return a page of AI integrations, newest first; those usable in a space if one is chosen."""
    statement = select(ai_integrations)
    if chosen.space_id:
        space = require(conn, Kind.SPACE, chosen.space_id, "query:space_id")
        statement = statement.where(usable_in(spaces.c.id == space.id))
    if chosen.space_name:
        statement = statement.where(usable_in(contains(spaces.c.name, chosen.space_name)))
    if chosen.name:
        statement = statement.where(contains(ai_integrations.c.name, chosen.name))
    found = fetch(conn, statement, _ORDER, page)
    return found.envelope("ai_integrations", _views(conn, found.rows, secrets))


def create_integration(
    conn: Connection, body: CreateAiIntegrationRequest, *, stamp: Stamp, secrets: SecretBox
) -> JsonObject:
    """Create an AI integration; its key and headers are sealed before they are stored."""
    findings = Findings()
    values = _DEFAULTS | _stored(body, secrets)
    _check(values, body, findings)
    scopes = resolve_scopings(conn, body.get("scopings", []), findings)
    findings.raise_if_any()
    _require_free(conn, body["name"])
    statement = insert(ai_integrations).values(
        suffix=new_suffix(),
        created_at=stamp.now,
        updated_at=stamp.now,
        created_by_user_id=stamp.user_id,
        **values,
    )
    key = conn.execute(statement.returning(ai_integrations.c.id)).scalar_one()
    replace_scopings(conn, key, scopes)
    return _read(conn, key, secrets)


def get_integration(conn: Connection, integration_id: str, *, secrets: SecretBox) -> JsonObject:
    """Return an AI integration, without its key."""
    return _read(conn, _require(conn, integration_id).id, secrets)


def update_integration(
    conn: Connection,
    integration_id: str,
    body: UpdateAiIntegrationRequest,
    *,
    stamp: Stamp,
    secrets: SecretBox,
    if_match: str | None,
) -> JsonObject:
    """Change an AI integration; null removes a value, what is left out stays."""
    row = _require(conn, integration_id)
    require_match(_read(conn, row.id, secrets), if_match)
    findings = Findings()
    values = _stored(body, secrets)
    _check({**row._mapping, **values}, body, findings)
    scopes = resolve_scopings(conn, body.get("scopings", []), findings)
    findings.raise_if_any()
    if "name" in body:
        _require_free(conn, body["name"], but=row.id)
    changes = update(ai_integrations).where(ai_integrations.c.id == row.id)
    conn.execute(changes.values(updated_at=stamp.now, **values))
    if "scopings" in body:
        replace_scopings(conn, row.id, scopes)
    return _read(conn, row.id, secrets)


def delete_integration(conn: Connection, integration_id: str) -> None:
    """Delete an AI integration; what refers to it can't reach its models any more."""
    key = _require(conn, integration_id).id
    conn.execute(delete(ai_integrations).where(ai_integrations.c.id == key))


def _stored(body: Mapping[str, Any], secrets: SecretBox) -> dict[str, Any]:
    """Return the columns a request sets."""
    values = {name: value for name, value in body.items() if name != "scopings"}
    if "api_key" in values:
        values["api_key"] = secrets.seal(values["api_key"]) if values["api_key"] else None
    if "headers" in values:
        headers = values["headers"]
        values["headers"] = secrets.seal(orjson.dumps(headers).decode()) if headers else None
    return values


def _check(after: Mapping[str, Any], body: Mapping[str, Any], findings: Findings) -> None:
    """Add to `findings` what would be wrong with an integration after the request."""
    needed = _NEEDED_METADATA.get(after["provider"])
    given = (after["provider_metadata"] or {}).get("kind")
    if needed and given != needed:
        message = f"{after['provider']} needs provider_metadata of the kind {needed!r}"
        findings.add("/provider_metadata", message, allowed=[needed])
    if given and not needed:
        message = f"only {' and '.join(_NEEDED_METADATA)} take provider_metadata; leave it out"
        findings.add("/provider_metadata", message)
    base_url = body.get("base_url")
    if base_url is not None and not base_url.startswith(("http://", "https://")):
        findings.add("/base_url", "expected an address that begins with http:// or https://")
    for name, value in (body.get("headers") or {}).items():
        if not name or any(ord(char) < 32 for char in name + value):
            findings.add(f"/headers/{name}", "expected a name and no control characters")


def _require(conn: Connection, integration_id: str) -> Row[Any]:
    return require(conn, Kind.AI_INTEGRATION, integration_id, "path:integration_id")


def _require_free(conn: Connection, name: str, but: int | None = None) -> None:
    scope = ai_integrations.c.id > 0
    require_free_name(
        conn, ai_integrations, Kind.AI_INTEGRATION, name, scope, place="on this server", but=but
    )


def _read(conn: Connection, key: int, secrets: SecretBox) -> JsonObject:
    rows = conn.execute(select(ai_integrations).where(ai_integrations.c.id == key)).all()
    return _views(conn, rows, secrets)[0]


def _views(conn: Connection, rows: Sequence[Row[Any]], secrets: SecretBox) -> list[JsonObject]:
    scopings = scopings_of(conn, [row.id for row in rows])
    return [_view(row, scopings[row.id], secrets) for row in rows]


def _view(row: Row[Any], scopings: list[JsonObject], secrets: SecretBox) -> JsonObject:
    return {
        "id": encode(Kind.AI_INTEGRATION, row.id, row.suffix),
        "name": row.name,
        "provider": row.provider,
        "has_api_key": row.api_key is not None,
        "base_url": row.base_url,
        "model_names": row.model_names,
        "headers": _headers(row, secrets),
        "enable_default_models": row.enable_default_models,
        "function_calling_enabled": row.function_calling_enabled,
        "auth_type": row.auth_type,
        "provider_metadata": row.provider_metadata,
        "scopings": scopings,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "created_by_user_id": row.created_by_user_id,
    }


def _headers(row: Row[Any], secrets: SecretBox) -> dict[str, str] | None:
    """Return the headers, or None if the key that sealed them is lost: they can be stored anew."""
    if row.headers is None:
        return None
    try:
        headers: dict[str, str] = orjson.loads(secrets.open(row.headers))
    except SecretKeyError:
        return None
    return headers
