"""Continuous tasks: spans that come in are evaluated without anybody asking."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from evalwright_server.otlp.spans import Export, SpanRecord
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.span_ranges import SpanRange
from evalwright_server.services.continuous import start_waiting_runs
from evalwright_server.services.organizations import ensure_identity
from evalwright_server.services.span_ingest import store_spans
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.tables.evaluators import evaluator_versions, evaluators
from evalwright_server.store.tables.projects import projects
from evalwright_server.store.tables.runs import runs
from evalwright_server.store.tables.spaces import spaces
from evalwright_server.store.tables.tasks import task_evaluators, tasks
from fixtures_server import RunningServer, serving
from server.client import Api, at
from server.scenes import Scene, build_scene
from spans.exports import export_of, send, span
from spans.test_ingest import answer, spans_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Setting:
    """A continuous task over a project, in a database that no worker looks at."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.count = 0

    async def start(self) -> None:
        self.identity = await self.engine.db.write(lambda c: ensure_identity(c, NOW))
        await self.arrive(0)
        await self.engine.db.write(self._add_task)

    async def arrive(self, *ages: float) -> None:
        """Have spans come in that began so many seconds ago."""
        records = [self._record(age) for age in ages]
        found = {(each.trace_id, each.span_id): each for each in records}
        export = Export({"chat": found})
        await self.engine.db.write(lambda c: self._store(c, export))

    async def runs(self) -> list[Any]:
        statement = select(runs).order_by(runs.c.id)
        return list(await self.engine.db.read(lambda c: c.execute(statement).all()))

    async def change(self, **values: Any) -> None:
        await self.engine.db.write(lambda c: c.execute(update(tasks).values(**values)))

    def _store(self, connection: Connection, export: Export) -> None:
        stamp = Stamp(NOW, self.identity.user_id)
        store_spans(
            connection,
            export,
            project=None,
            space=None,
            stamp=stamp,
            identity=self.identity,
            engine=self.engine,
        )

    def _record(self, age: float) -> SpanRecord:
        self.count += 1
        start = NOW - timedelta(seconds=age)
        span_id = f"{self.count:016x}"
        return SpanRecord(span_id * 2, span_id, None, "a", "LLM", start, start, "OK", "", {}, [])

    def _add_task(self, connection: Connection) -> None:
        common = {"suffix": "aaaa", "created_at": NOW, "updated_at": NOW}
        space = connection.scalars(select(spaces.c.id)).one()
        project = connection.scalars(select(projects.c.id)).one()
        config = {
            "type": "managed",
            "name": "parses",
            "managed_evaluator": "JSONParseable",
            "variables": ["name"],
        }
        connection.execute(
            insert(evaluators).values(space_id=space, name="parses", type="code", **common)
        )
        connection.execute(
            insert(evaluator_versions).values(
                suffix="aaaa", created_at=NOW, evaluator_id=1, commit_hash="a", config=config
            )
        )
        connection.execute(
            insert(tasks).values(
                space_id=space,
                project_id=project,
                name="watch",
                type="code_evaluation",
                is_continuous=True,
                seen_span_id=1,
                **common,
            )
        )
        connection.execute(insert(task_evaluators).values(task_id=1, position=0, evaluator_id=1))


@pytest.fixture
async def setting(engine: Engine) -> Setting:
    made = Setting(engine)
    await made.start()
    return made


async def test_spans_that_come_in_start_one_run(setting: Setting) -> None:
    """However many there are; those that were there before the task are not meant."""
    await setting.arrive(60, 30, 90)
    (run,) = await setting.runs()
    window = SpanRange.of_payload(run.payload)
    assert window == SpanRange(
        NOW - timedelta(seconds=90), NOW - timedelta(seconds=30, microseconds=-1), 1, 4
    )
    assert run.payload["max_spans"] is None


async def test_spans_join_a_run_that_is_queued(setting: Setting) -> None:
    """So no task ever has two runs waiting, however slow its worker is."""
    await setting.arrive(60)
    await setting.arrive(90)
    await setting.arrive(10)
    (run,) = await setting.runs()
    window = SpanRange.of_payload(run.payload)
    assert (window.after, window.newest) == (1, 4)
    assert window.start == NOW - timedelta(seconds=90)
    assert window.end == NOW - timedelta(seconds=10, microseconds=-1)


async def test_a_run_that_has_started_is_left_alone(setting: Setting) -> None:
    """The next one goes on exactly where it ends: no span is missed, none is taken twice."""
    await setting.arrive(60, 50)
    await setting.engine.db.write(
        lambda c: c.execute(update(runs).values(state="running", owner="worker"))
    )
    await setting.arrive(40)
    await setting.arrive(30)
    first, second = [SpanRange.of_payload(run.payload) for run in await setting.runs()]
    assert (first.after, first.newest) == (1, 3)
    assert (second.after, second.newest) == (3, 5)


async def test_nothing_new_starts_nothing(setting: Setting) -> None:
    """Such as an export that only repeats what is there."""
    setting.count = 0
    await setting.arrive(0)
    await setting.arrive()
    assert await setting.runs() == []


async def test_tasks_that_are_not_continuous_wait_to_be_asked(setting: Setting) -> None:
    await setting.change(is_continuous=False)
    await setting.arrive(60)
    assert await setting.runs() == []


async def test_a_task_that_can_not_run_does_not_stop_spans(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    """They are stored, the log says why, and the task catches up once it can."""
    await setting.change(query_filter="no filter at all")
    await setting.arrive(60)
    assert await setting.runs() == []
    assert "continuous task 'watch' can't be run" in caplog.text
    await setting.change(query_filter=None)
    stamp = Stamp(NOW, setting.identity.user_id)
    for _ in range(2):
        await setting.engine.db.write(
            lambda c: start_waiting_runs(c, stamp=stamp, engine=setting.engine)
        )
    (run,) = await setting.runs()
    assert SpanRange.of_payload(run.payload).after == 1


def watch(api: Api, scene: Scene, **changes: Any) -> str:
    """Make a continuous task that judges what spans have in `output.value`."""
    config = {
        "type": "managed",
        "name": "parses",
        "managed_evaluator": "JSONParseable",
        "variables": ["output"],
    }
    evaluator = api.make(
        "/v2/evaluators",
        {
            "name": "parses",
            "space_id": scene.space,
            "type": "code",
            "version": {"commit_message": "first", "code_config": config},
        },
    )
    uses = [{"evaluator_id": evaluator["id"], "column_mappings": {"output": "output.value"}}]
    body = scene.project_task(**{"evaluators": uses, "is_continuous": True, **changes})
    task_id: str = api.make("/v2/tasks", body)["id"]
    return task_id


def settle(api: Api, task_id: str) -> list[dict[str, Any]]:
    """Wait for all runs of a task and return them, newest first."""
    path = at("/v2/tasks/{}/runs", task_id)
    return [
        api.get(at("/v2/task-runs/{}", run["id"]), Prefer="wait=30").body
        for run in api.get(path).body["task_runs"]
    ]


def test_new_spans_are_evaluated_by_themselves(api: Api, scene: Scene) -> None:
    """End to end, with a worker process; the runs are there to be seen."""
    answer(send(api, export_of([span(output__value="{}")], "chat"), X_Evalwright_Space=scene.space))
    task_id = watch(api, scene)
    assert settle(api, task_id) == []
    sent = [span(output__value="[]"), span(output__value="no"), span()]
    answer(send(api, export_of(sent, "chat"), X_Evalwright_Space=scene.space))
    (run,) = settle(api, task_id)
    counts = (run["status"], run["num_successes"], run["num_errors"], run["num_skipped"])
    assert counts == ("completed", 2, 1, 0)
    judged = {
        each["context"]["span_id"]: each["evaluations"] for each in spans_of(api, scene.project)
    }
    assert judged[sent[0].span_id.hex()] == [
        {
            "name": "parses",
            "score": 1.0,
            "label": "parseable",
            "explanation": "The text is JSON.",
        }
    ]
    assert judged[sent[1].span_id.hex()][0]["score"] == 0.0
    assert "output.value" in judged[sent[2].span_id.hex()][0]["error"]
    assert len([each for each in judged.values() if each]) == 3


def test_continuous_can_be_switched_on_later(api: Api, scene: Scene) -> None:
    """From then on new spans count, and no others."""
    task_id = watch(api, scene, is_continuous=False)
    first = export_of([span(output__value="{}")], "chat")
    answer(send(api, first, X_Evalwright_Space=scene.space))
    api.patch(at("/v2/tasks/{}", task_id), {"is_continuous": True})
    assert settle(api, task_id) == []
    second = export_of([span(output__value="{}")], "chat")
    answer(send(api, second, X_Evalwright_Space=scene.space))
    (run,) = settle(api, task_id)
    assert run["num_successes"] == 1


def test_nothing_is_lost_over_a_restart(
    running_server: RunningServer, tmp_path: Path, connect: Callable[..., Api]
) -> None:
    """A run that no worker took up is taken up by the next server."""
    settings = replace(running_server.settings, data=tmp_path)
    with serving(replace(settings, workers=0)) as server:
        api = connect(server)
        scene = build_scene(api)
        task_id = watch(api, scene)
        sent = export_of([span(output__value="{}")], "chat")
        answer(send(api, sent, X_Evalwright_Space=scene.space))
    with serving(settings) as server:
        (run,) = settle(connect(server), task_id)
    assert (run["status"], run["num_successes"]) == ("completed", 1)
