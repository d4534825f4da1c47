"""Which models a run may use, and how its worker gets to them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from pydantic import JsonValue
from sqlalchemy import Connection, Row, select

from evalwright_server.services.errors import Findings, ServiceError, UnprocessableRequest, closest
from evalwright_server.services.references import require
from evalwright_server.services.scopings import usable_in
from evalwright_server.store.ids import Kind
from evalwright_server.store.secrets import SecretBox, SecretKeyError
from evalwright_server.store.tables.ai_integrations import ai_integrations
from evalwright_server.store.tables.spaces import spaces

DEFAULT_CONCURRENCY: Final = 8
"""Requests to one AI integration that may be under way at a time."""
DEFAULT_TIMEOUT: Final = 120.0
"""Seconds to wait for an answer of a model."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model of an AI integration, by the integration's key."""

    integration: int
    model: str


def choose_model(
    conn: Connection,
    space: int,
    wanted: Mapping[str, Any],
    owner: str,
    findings: Findings,
) -> ModelChoice | None:
    """Return the model that a stored configuration means, or None with the reason in `findings`.

    A model is known if the integration lists it, lists none, or has the provider's usual ones too.

    Args:
        conn: The transaction.
        space: Key of the space in which it is to be used.
        wanted: What is stored, with `ai_integration_id` and perhaps `model_name`.
        owner: Whose configuration it is, in words.
        findings: Where reasons go.
    """
    try:
        integration = require(conn, Kind.AI_INTEGRATION, wanted["ai_integration_id"], "")
    except ServiceError as error:
        message = f"{owner} uses an AI integration that is gone: {error.detail}"
        findings.add("", message, error=UnprocessableRequest)
        return None
    name = f"the AI integration {integration.name!r} of {owner}"
    usable = select(ai_integrations.c.id).where(
        ai_integrations.c.id == integration.id, usable_in(spaces.c.id == space)
    )
    if conn.execute(usable).one_or_none() is None:
        message = f"{name} can't be used in this space; add a scoping for it, or use another one"
        findings.add("", message, error=UnprocessableRequest)
        return None
    listed: list[str] = integration.model_names or []
    model = wanted.get("model_name") or (listed[0] if listed else None)
    if model is None:
        message = f"{name} lists no models, so the configuration has to name one: set model_name"
        findings.add("", message, error=UnprocessableRequest)
        return None
    if listed and model not in listed and not integration.enable_default_models:
        findings.add(
            "",
            f"{name} has no model {model!r}",
            allowed=listed,
            nearest=closest(model, listed),
            error=UnprocessableRequest,
        )
        return None
    return ModelChoice(integration.id, model)


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """What all workers together may do with one AI integration.

    Attributes:
        concurrency: Requests that may be under way at a time.
        rate: Requests that may begin in a second; 0 is any number.
        timeout: Seconds to wait for an answer.
    """

    concurrency: int = DEFAULT_CONCURRENCY
    rate: float = 0.0
    timeout: float = DEFAULT_TIMEOUT

    def share(self, workers: int) -> "ModelLimits":
        """Return the share of one of so many worker processes; one request at a time at least."""
        count = max(workers, 1)
        return ModelLimits(max(self.concurrency // count, 1), self.rate / count, self.timeout)


def grant_integrations(
    conn: Connection, keys: Iterable[int], secrets: SecretBox, limits: ModelLimits
) -> dict[str, JsonValue]:
    """Return what a worker needs to use AI integrations, or why it can't, by their keys.

    The secrets in it are for the worker's memory only.

    Args:
        conn: The transaction.
        keys: The integrations.
        secrets: Opens what is sealed.
        limits: What one worker may do.
    """
    wanted = list(keys)
    rows = conn.execute(select(ai_integrations).where(ai_integrations.c.id.in_(wanted)))
    found = {row.id: row for row in rows}
    return {str(key): _grant(found.get(key), secrets, limits) for key in wanted}


def _grant(row: Row[Any] | None, secrets: SecretBox, limits: ModelLimits) -> JsonValue:
    if row is None:
        return {"error": "the AI integration was deleted after the run was triggered"}
    try:
        key = None if row.api_key is None else secrets.open(row.api_key)
        headers = {} if row.headers is None else orjson.loads(secrets.open(row.headers))
    except SecretKeyError as error:
        return {"error": f"the AI integration {row.name!r} can't be used: {error}"}
    return {
        "id": row.id,
        "name": row.name,
        "provider": row.provider,
        "api_key": key,
        "base_url": row.base_url,
        "headers": headers,
        "auth_type": row.auth_type,
        "has_functions": row.function_calling_enabled,
        "provider_metadata": row.provider_metadata or {},
        "concurrency": limits.concurrency,
        "rate": limits.rate,
        "timeout": limits.timeout,
    }
