"""Answers to attacks that their owner has run, after a red team that only made them."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, select, update

from evalwright_server.red_team import judge, why_undecidable
from evalwright_server.red_team.items import read_attack
from evalwright_server.runs.analysis_payload import AnalysisKind, RedTeamOptions
from evalwright_server.runs.analysis_summaries import summarize
from evalwright_server.runs.attack_results import judged, unanswered
from evalwright_server.runs.sources.analysis_results import (
    ItemResult,
    put_results,
    put_statuses,
)
from evalwright_server.runs.sources.source import Item
from evalwright_server.store.database import Database
from evalwright_server.store.tables.analyses import analyses, analysis_items

_ITEMS: Final = select(analysis_items.c.position, analysis_items.c.item).where(
    analysis_items.c.run_id == bindparam("of_run"),
    analysis_items.c.position.in_(bindparam("positions", expanding=True)),
)
_OPTIONS: Final = select(analyses.c.options).where(analyses.c.run_id == bindparam("of_run"))
_SUM_UP: Final = (
    update(analyses)
    .where(analyses.c.run_id == bindparam("of_run"))
    .values(summary=bindparam("what"))
)
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What a system answered to an attack.

    Attributes:
        position: Which attack.
        response: The answer.
        error: Why there is none.
    """

    position: int
    response: str | None
    error: str | None = None


async def keep_answers(db: Database, run_id: int, answers: Iterable[GivenAnswer]) -> set[int]:
    """Judge answers and keep them with the sum; a later answer to an attack replaces an earlier.

    Args:
        db: Where the red team is.
        run_id: Key of its run.
        answers: The answers.

    Returns:
        The positions that there are no attacks at.
    """
    given = {answer.position: answer for answer in answers}
    items, options = await db.read(lambda connection: _find(connection, run_id, sorted(given)))
    # It takes its time, for which neither the event loop nor the database should have to wait.
    results = await asyncio.to_thread(
        judge_answers, items, given, RedTeamOptions.read(options).system_prompt
    )
    await db.write(lambda connection: _keep(connection, run_id, results, options))
    return given.keys() - items.keys()


def judge_answers(
    items: Mapping[int, Item], given: Mapping[int, GivenAnswer], prompt: str | None
) -> list[ItemResult]:
    """Judge answers to attacks.

    Args:
        items: The attacks by position.
        given: The answers by position.
        prompt: The system's instructions, where they are known.
    """
    return [_result(given[position], item, prompt) for position, item in items.items()]


def _find(
    connection: Connection, run_id: int, positions: Sequence[int]
) -> tuple[dict[int, Item], dict[str, JsonValue]]:
    items: dict[int, Item] = {}
    for start in range(0, len(positions), _CHUNK):
        wanted = {"of_run": run_id, "positions": positions[start : start + _CHUNK]}
        items |= {row.position: row.item for row in connection.execute(_ITEMS, wanted)}
    return items, connection.execute(_OPTIONS, {"of_run": run_id}).scalar_one()


def _keep(
    connection: Connection,
    run_id: int,
    results: Sequence[ItemResult],
    options: Mapping[str, JsonValue],
) -> None:
    put_results(connection, run_id, results)
    put_statuses(connection, run_id, results)
    summary = summarize(connection, run_id, AnalysisKind.RED_TEAM, options)
    connection.execute(_SUM_UP, {"of_run": run_id, "what": summary})


def _result(answer: GivenAnswer, item: Item, prompt: str | None) -> ItemResult:
    if answer.response is None:
        return unanswered(answer.position, answer.error or "there was no answer")
    attack = read_attack(item)
    reason = why_undecidable(attack, prompt)
    if reason is not None:
        return unanswered(answer.position, reason)
    verdict = judge(attack, answer.response, prompt)
    return judged(answer.position, answer.response, verdict)
