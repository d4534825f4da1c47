"""The attacks of red teams, and the answers that their owners hand in."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select

from evalwright_server.audits import CATEGORIES
from evalwright_server.red_team import VECTORS
from evalwright_server.runs.analysis_answers import GivenAnswer
from evalwright_server.runs.analysis_payload import AnalysisKind
from evalwright_server.runs.states import State
from evalwright_server.services.analysis_records import (
    ItemRow,
    NumberedPage,
    StoredAnalysis,
    find_analysis,
    find_item,
)
from evalwright_server.services.analysis_views import status_of
from evalwright_server.services.errors import Conflict, Findings
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.analyses import analysis_items

KIND: Final = AnalysisKind.RED_TEAM
_c: Final = analysis_items.c
_ATTACKS: Final = (
    select(_c.position, _c.item, _c.result)
    .where(_c.run_id == bindparam("of_run"))
    .order_by(_c.position)
)
_COUNT: Final = select(func.count()).where(_c.run_id == bindparam("of_run"))
_ATTACK: Final = _ATTACKS.where(_c.position == bindparam("at"))
_FAILED_FUNCTION: Final = re.compile(r"\[target_function error: .*\]", re.DOTALL)
"""What the valiqor client hands in for a function that has failed: no answer of the system."""
_UNANSWERED: Final[Mapping[str, Any]] = {
    "status": "pending",
    "response": "",
    "explanation": "",
    "evidence": "",
    "error": None,
}


def list_attacks(conn: Connection, uid: str, page: NumberedPage) -> JsonObject:
    """Return a page of the attacks of a red team, in their order."""
    stored = find_analysis(conn, KIND, uid)
    of_run = {"of_run": stored.run.id}
    rows = conn.execute(_ATTACKS.limit(page.size).offset(page.offset), of_run)
    total = conn.execute(_COUNT, of_run).scalar_one()
    return page.envelope("attacks", [_view(stored, row) for row in rows], total)


def get_attack(conn: Connection, attack_id: str) -> JsonObject:
    """Return an attack."""
    stored, position = find_item(conn, KIND, attack_id)
    row = conn.execute(_ATTACK, {"of_run": stored.run.id, "at": position}).one()
    return _view(stored, row)


def _view(stored: StoredAnalysis, row: ItemRow) -> JsonObject:
    item, result = row.item, row.result or _UNANSWERED
    attack_id = f"{stored.uid}:{row.position}"
    return {
        "id": attack_id,
        "attack_id": attack_id,
        "run_id": stored.uid,
        "attack_vector": item["vector"],
        "attack_vector_name": VECTORS[item["vector"]].name,
        "prompt": item["prompt"],
        "full_input": item["prompt"],
        "response": result["response"],
        "full_response": result["response"],
        "status": result["status"],
        "succeeded": result["status"] == "succeeded",
        "vulnerability": item["category"],
        "vulnerability_name": CATEGORIES[item["category"]].name,
        "severity": item["severity"],
        "explanation": result["explanation"],
        "evidence": result["evidence"],
        "error": result["error"],
    }


def read_answers(
    conn: Connection, uid: str, responses: Sequence[Mapping[str, Any]]
) -> tuple[int, list[GivenAnswer]]:
    """Return the key of a red team's run, and the answers to its attacks that were handed in.

    Args:
        conn: The transaction.
        uid: The red team.
        responses: The answers, in the document's form.

    Raises:
        Conflict: It is not one that waits for answers.
        InvalidRequest: Some attack is none of its.
    """
    stored = find_analysis(conn, KIND, uid)
    _require_waiting(stored)
    findings = Findings()
    answers = []
    for index, each in enumerate(responses):
        position = _position(stored, each["attack_id"])
        if position is None:
            findings.add(
                f"/responses/{index}/attack_id",
                f"this red team has no attack {each['attack_id']!r}; its attacks are "
                f"{uid}:0 to {uid}:{stored.total_items - 1}",
            )
        else:
            answers.append(_read_answer(position, each))
    findings.raise_if_any()
    return stored.run.id, answers


def _require_waiting(stored: StoredAnalysis) -> None:
    if not stored.options.get("generate_only"):
        raise Conflict(
            "the server runs the attacks of this red team itself; start one with generate_only to "
            "run them yourself"
        )
    if stored.run.state is not State.SUCCEEDED:
        raise Conflict(
            f"this red team is {status_of(stored.run)}; responses are taken once it is completed"
        )


def _position(stored: StoredAnalysis, attack_id: str) -> int | None:
    uid, _, number = attack_id.rpartition(":")
    is_number = number.isascii() and number.isdecimal() and len(number) < 10
    if uid != stored.uid or not is_number or int(number) >= stored.total_items:
        return None
    return int(number)


def _read_answer(position: int, given: Mapping[str, Any]) -> GivenAnswer:
    response, error = given.get("response"), given.get("error")
    if response is not None and error is None and _FAILED_FUNCTION.fullmatch(response):
        error = response[1:-1]
    return GivenAnswer(position, None if error else response, error)
