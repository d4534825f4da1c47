"""What is stored of failure analyses reads the same from each kind of database."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue
from sqlalchemy import Connection, insert

from analyses.scenes import make_project
from evalwright_server.failures import KINDS, FailureItem, Signals, analyze
from evalwright_server.runs.analysis_payload import AnalysisKind, AnalysisPayload, FailureOptions
from evalwright_server.runs.analysis_rows import NewAnalysis, add_analysis, new_run
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.handlers.failure_analysis import tag_row
from evalwright_server.services.analysis_records import NumberedPage
from evalwright_server.services.failure_analyses import (
    find_failure_analysis,
    list_failure_analyses,
    list_projects,
)
from evalwright_server.services.failure_tags import TagFilter, chosen_between, update_tag
from evalwright_server.services.failure_views import view_analysis
from evalwright_server.store.database import Database
from evalwright_server.store.tables.analyses import failure_tags
from runs.conftest import make_space

KIND = AnalysisKind.FAILURE_ANALYSIS
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
WRONG = FailureItem("How tall?", "It is 350 metres tall.", ("It is 330 metres tall.",))


def store(connection: Connection, engine: Engine) -> str:
    """Store an analysis of two items, of which the second has a failure; return its ID."""
    space = make_space(connection)
    project = make_project(connection, space)
    shown: dict[str, JsonValue] = {
        "feature_kind": "rag",
        "input_type": "json",
        "is_minimal": False,
        "trace_id": None,
        "is_audited": False,
    }
    payload = AnalysisPayload(FailureOptions().to_json() | {"shown": shown})
    item: dict[str, JsonValue] = {
        "input": WRONG.input,
        "output": WRONG.output,
        "context": list(WRONG.context),
    }
    run = engine.submit(connection, new_run(KIND, space, payload, total_items=2))
    add_analysis(connection, run.id, NewAnalysis(KIND, project, payload, [item, item]))
    tags = analyze(WRONG, [KINDS["wrong_number"], KINDS["repetition"]], Signals())
    rows = [{"run_id": run.id, "position": 1, "is_reviewed": False, **tag_row(tag)} for tag in tags]
    connection.execute(insert(failure_tags), rows)
    assert run.uid is not None
    return run.uid


@pytest.fixture
async def uid(db: Database) -> str:
    """The ID of a stored analysis."""
    return await db.write(lambda connection: store(connection, Engine(db)))


async def test_an_unfinished_analysis_shows_what_it_has_come_to(db: Database, uid: str) -> None:
    view = await db.read(lambda conn: view_analysis(conn, find_failure_analysis(conn, uid)))
    assert (view["status"], view["duration_ms"]) == ("queued", 0)
    (tag,) = view["failure_tags"]
    assert (tag["tag_id"], tag["decision"]) == (f"{uid}:1:wrong_number", "fail")
    assert view["summary"]["total_failures_detected"] == 1
    assert [each["max_severity"] for each in view["inputs"]] == [0.0, 0.0]
    page = NumberedPage()
    listed = await db.read(
        lambda conn: list_failure_analyses(conn, page, project_name="project", status="queued")
    )
    assert [each["run_id"] for each in listed["items"]] == [uid]
    assert await db.read(list_projects) == {"projects": ["project"]}


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        (TagFilter(), ["wrong_number", "repetition"]),
        (TagFilter(decision="pass"), ["repetition"]),
        (TagFilter(bucket_id="hallucination", min_severity=1), ["wrong_number"]),
        (TagFilter(min_severity=4.9), []),
    ],
)
async def test_tags_are_narrowed_by_the_database(
    db: Database, uid: str, wanted: TagFilter, kinds: list[str]
) -> None:
    tags = await db.read(
        lambda conn: chosen_between(conn, find_failure_analysis(conn, uid), 0, 2, wanted)
    )
    assert [tag["subcategory_id"] for tag in tags] == kinds


async def test_a_review_keeps_its_time_until_it_is_taken_back(db: Database, uid: str) -> None:
    tag_id = f"{uid}:1:wrong_number"

    async def set_reviewed(is_reviewed: bool, now: datetime) -> object:
        changes = {"is_reviewed": is_reviewed}
        changed = await db.write(lambda conn: update_tag(conn, tag_id, changes, now))
        return changed["reviewed_at"]

    later = NOW + timedelta(hours=1)
    assert await set_reviewed(True, NOW) == NOW
    assert await set_reviewed(True, later) == NOW
    assert await set_reviewed(False, later) is None
    assert await set_reviewed(True, later) == later
