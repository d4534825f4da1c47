"""Versions of evaluators: only ever added, the newest is the one that counts."""

from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Connection, Row, insert, select, update

from evalwright_server.evaluators.build import check_code_config
from evalwright_server.services.errors import (
    FieldError,
    Findings,
    InvalidRequest,
    ResourceNotFound,
)
from evalwright_server.services.pages import Order, PageRequest, fetch
from evalwright_server.services.references import find, require
from evalwright_server.services.requests import EvaluatorVersionCreate, JsonObject
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.ids import Kind, encode, new_suffix
from evalwright_server.store.tables.evaluators import evaluator_versions, evaluators

_ORDER = Order("evaluator_versions", (evaluator_versions.c.id,))
_of_evaluator = evaluator_versions.c.evaluator_id
_TEMPLATE_DEFAULTS: JsonObject = {
    "classification_choices": None,
    "direction": None,
    "data_granularity": None,
}
_CODE_DEFAULTS: JsonObject = {"static_params": [], "data_granularity": None, "query_filter": None}


def list_versions(conn: Connection, evaluator_id: str, page: PageRequest) -> JsonObject:
    """Return a page of an evaluator's versions, newest first."""
    evaluator = require(conn, Kind.EVALUATOR, evaluator_id, "path:evaluator_id")
    statement = select(evaluator_versions).where(_of_evaluator == evaluator.id)
    found = fetch(conn, statement, _ORDER, page)
    return found.envelope(
        "evaluator_versions", [view_version(evaluator, row) for row in found.rows]
    )


def create_version(
    conn: Connection, evaluator_id: str, body: EvaluatorVersionCreate, *, stamp: Stamp
) -> JsonObject:
    """Add a version, which is the latest at once."""
    evaluator = require(conn, Kind.EVALUATOR, evaluator_id, "path:evaluator_id")
    config = check_version(conn, evaluator.type, body, "")
    version = add_version(conn, evaluator, body["commit_message"], config, stamp)
    changed = update(evaluators).where(evaluators.c.id == evaluator.id)
    conn.execute(changed.values(updated_at=stamp.now))
    return view_version(evaluator, version)


def get_version(conn: Connection, version_id: str) -> JsonObject:
    """Return a version."""
    version = require(conn, Kind.EVALUATOR_VERSION, version_id, "path:version_id")
    statement = select(evaluators).where(evaluators.c.id == version.evaluator_id)
    return view_version(conn.execute(statement).one(), version)


def latest_version(conn: Connection, evaluator: int) -> Row[Any]:
    """Return an evaluator's latest version."""
    statement = select(evaluator_versions).where(_of_evaluator == evaluator)
    return conn.execute(statement.order_by(evaluator_versions.c.id.desc()).limit(1)).one()


def version_of(conn: Connection, evaluator: Row[Any], version_id: str, pointer: str) -> Row[Any]:
    """Return the version of an evaluator that a public ID names."""
    version = require(conn, Kind.EVALUATOR_VERSION, version_id, pointer)
    if version.evaluator_id != evaluator.id:
        message = f"{version_id!r} is a version of another evaluator"
        raise ResourceNotFound(message, [FieldError(pointer, message)])
    return version


def check_version(
    conn: Connection, kind: str, body: EvaluatorVersionCreate, pointer: str
) -> JsonObject:
    """Return a version's configuration, complete as it is stored.

    Raises:
        InvalidRequest: It belongs to the other type of evaluator, or can't work.
        ResourceNotFound: It names an AI integration that does not exist.
    """
    findings = Findings()
    template, code = body.get("template_config"), body.get("code_config")
    if kind == "template" and template is not None:
        config = _TEMPLATE_DEFAULTS | template
        llm = f"{pointer}/template_config/llm_config/ai_integration_id"
        integration_id = config["llm_config"]["ai_integration_id"]
        find(conn, Kind.AI_INTEGRATION, integration_id, llm, findings)
    elif kind == "code" and code is not None:
        config = _complete_code(code)
        for wrong in check_code_config(config):
            findings.add(f"{pointer}/code_config{wrong.pointer}", wrong.message)
    else:
        wanted, other = ("template", "code") if kind == "template" else ("code", "template")
        message = f"a {kind} evaluator takes '{wanted}_config' here"
        raise InvalidRequest(
            message,
            [FieldError(f"{pointer}/{other}_config", message, nearest=f"{wanted}_config")],
        )
    findings.raise_if_any()
    return config


def add_version(
    conn: Connection, evaluator: Row[Any], message: str, config: JsonObject, stamp: Stamp
) -> Row[Any]:
    """Insert a version whose configuration has been checked."""
    content = orjson.dumps([evaluator.id, message, config, stamp.now], option=orjson.OPT_SORT_KEYS)
    statement = insert(evaluator_versions).values(
        suffix=new_suffix(),
        evaluator_id=evaluator.id,
        commit_hash=sha256(content).hexdigest()[:40],
        commit_message=message,
        config=config,
        created_at=stamp.now,
        created_by_user_id=stamp.user_id,
    )
    return conn.execute(statement.returning(evaluator_versions)).one()


def view_version(evaluator: Row[Any], version: Row[Any]) -> JsonObject:
    """Return a version as it stands in answers."""
    return {
        "id": encode(Kind.EVALUATOR_VERSION, version.id, version.suffix),
        "evaluator_id": encode(Kind.EVALUATOR, evaluator.id, evaluator.suffix),
        "commit_hash": version.commit_hash,
        "commit_message": version.commit_message,
        "created_at": version.created_at,
        "created_by_user_id": version.created_by_user_id,
        "type": evaluator.type,
        f"{evaluator.type}_config": version.config,
    }


def _complete_code(config: JsonObject) -> JsonObject:
    defaults = _CODE_DEFAULTS | ({"imports": None} if config["type"] == "custom" else {})
    return defaults | config
