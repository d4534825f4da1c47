"""Evaluations of spans from submission to scores, with workers in this process."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from pydantic import JsonValue
from sqlalchemy import Connection, delete, select

from evalwright_server.evaluators.results import EvaluationError, EvaluationResult, Outcome
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.handlers.evaluation import EvaluationHandler
from evalwright_server.runs.kinds import SOURCES
from evalwright_server.runs.local_port import LocalPort
from evalwright_server.runs.records import NewRun, Progress, RunRow
from evalwright_server.runs.span_ranges import SpanRange, newest_span
from evalwright_server.runs.states import State
from evalwright_server.runs.worker import Worker
from evalwright_server.store.tables.spans import span_evaluations, spans
from runs.conftest import make_space
from spans.rows import START, add_project, add_spans, say

Rows = Sequence[Mapping[str, JsonValue]]


class Length:
    """Scores a column by its length; an empty one is an error."""

    name = "length"

    def __init__(self, column: str = "output.value") -> None:
        self.column = column
        self.seen: list[Mapping[str, JsonValue]] = []

    async def evaluate(self, rows: Rows) -> list[Outcome]:
        self.seen += rows
        return [self.judge(row.get(self.column)) for row in rows]

    def judge(self, value: JsonValue) -> Outcome:
        if not value:
            return EvaluationError("nothing there")
        return EvaluationResult(float(len(str(value))), None, None)


class Slow(Length):
    """Waits for ever before it judges a span called `stop`."""

    async def evaluate(self, rows: Rows) -> list[Outcome]:
        if any(row["name"] == "stop" for row in rows):
            await asyncio.Event().wait()
        return await super().evaluate(rows)


@asynccontextmanager
async def worker(engine: Engine, judge: Length | None = None) -> AsyncIterator[Worker]:
    """A worker in this process, with one evaluator for all uses."""
    used = judge or Length()
    async with LocalPort(engine, "worker", SOURCES) as port:
        made = Worker(port, {"task_run": EvaluationHandler(lambda _: used)}, beat_seconds=5)
        working = asyncio.create_task(made.run())
        try:
            yield made
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


def use(name: str = "length", query_filter: str | None = None, **config: JsonValue) -> JsonValue:
    return {
        "version_id": 1,
        "name": name,
        "config": config,
        "column_mappings": None,
        "query_filter": query_filter,
    }


class Setting:
    """A project, and runs over its spans."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.space = self.project = 0

    async def fill(self, *outputs: str | None, **values: Any) -> list[int]:
        """Add spans with these outputs, a second apart, and return their numbers."""
        attributes = [{"output.value": each} for each in outputs]

        def unit(connection: Connection) -> list[int]:
            if not self.space:
                self.space = make_space(connection)
                self.project = add_project(connection, self.space)
            return add_spans(connection, self.project, attributes, **values)

        return await self.engine.db.write(unit)

    async def submit(self, *uses: JsonValue, **changes: JsonValue) -> int:
        newest = await self.engine.db.read(lambda c: newest_span(c, self.project))
        window = SpanRange(START, START + timedelta(days=1), 0, newest)
        payload: dict[str, JsonValue] = {
            "task_id": 1,
            "type": "code_evaluation",
            "project_id": self.project,
            "sampling_rate": 1.0,
            "max_spans": 10_000,
            "override": False,
            "query_filter": None,
            "evaluators": [*uses] or [use()],
            **window.members(),
            **changes,
        }
        run = NewRun("task_run", self.space, payload)
        return (await self.engine.db.write(lambda c: self.engine.submit(c, run))).id

    async def evaluate(self, *uses: JsonValue, **changes: JsonValue) -> RunRow:
        run = await self.submit(*uses, **changes)
        return await self.engine.wait(run, since_version=None, timeout=30)

    async def scores(self, name: str = "length") -> dict[int, float | None]:
        """Return the scores by the spans' numbers."""
        statement = select(span_evaluations).where(span_evaluations.c.name == name)
        rows = await self.engine.db.read(lambda c: c.execute(statement).all())
        return {row.span_id: row.score for row in rows}


@pytest.fixture
def setting(engine: Engine) -> Setting:
    return Setting(engine)


async def test_every_span_of_the_window_is_judged(setting: Setting) -> None:
    """Evaluators see attributes with and without their prefix, and the span itself."""
    keys = await setting.fill("a", "bb", "ccc", None)
    judge = Length()
    async with worker(setting.engine, judge):
        run = await setting.evaluate()
    assert (run.state, run.failure_reason, run.note) == (State.SUCCEEDED, None, None)
    assert run.progress == Progress(total=4, done=4, succeeded=3, failed=1)
    assert await setting.scores() == dict(zip(keys, [1, 2, 3, None], strict=True))
    newest = judge.seen[0]
    assert newest["output.value"] == newest["attributes.output.value"] is None
    assert (newest["kind"], newest["start_time"]) == ("LLM", "2026-01-01T00:00:03.000123Z")
    assert newest["latency_ms"] == 3


async def test_the_window_is_half_open(setting: Setting) -> None:
    """A span that starts as the window ends belongs to the next one."""
    keys = await setting.fill("a", "bb", "ccc", "dddd")
    begin = START + timedelta(seconds=1, microseconds=123)
    window = SpanRange(begin, begin + timedelta(seconds=2), 0, keys[-1])
    async with worker(setting.engine):
        run = await setting.evaluate(**window.members())
    assert run.progress == Progress(total=2, done=2, succeeded=2)
    assert set(await setting.scores()) == set(keys[1:3])


async def test_spans_that_come_in_later_are_left_to_later_runs(setting: Setting) -> None:
    """Or a busy project would keep a run going for ever, and its counts never add up."""
    await setting.fill("a", "b")
    run_id = await setting.submit()
    await setting.fill("c", "d", trace_id="f" * 32)
    async with worker(setting.engine):
        run = await setting.engine.wait(run_id, since_version=None, timeout=30)
    assert run.progress == Progress(total=2, done=2, succeeded=2)


async def test_filters_choose_spans_and_pairs(setting: Setting) -> None:
    """Pairs that a filter takes out are not considered; the others add up."""
    keys = await setting.fill(*("a" * length for length in range(1, 10)))
    async with worker(setting.engine):
        run = await setting.evaluate(
            use(),
            use("long", "attributes.output.value LIKE '%aaaaaa%'"),
            use("late", "latency_ms >= 8"),
            query_filter="kind = 'LLM' OR output.value LIKE 'aaaaa%'",
        )
    assert run.note is None
    assert set(await setting.scores()) == {keys[n] for n in (0, 3, 4, 5, 6, 7, 8)}
    assert set(await setting.scores("long")) == {keys[n] for n in (5, 6, 7, 8)}
    assert set(await setting.scores("late")) == {keys[8]}
    assert run.progress == Progress(total=12, done=12, succeeded=12)


@pytest.mark.parametrize(
    ("text", "own", "note"),
    [
        ("kind = 'AGENT'", None, "0 of 3 spans matched query_filter \"kind = 'AGENT'\""),
        ("latency_ms < 0", None, "0 of 3 spans matched query_filter 'latency_ms < 0'"),
        (
            "kind = 'LLM'",
            "kind = 'TOOL'",
            "0 of 1 span matched the query_filter of evaluator 'length': \"kind = 'TOOL'\"",
        ),
    ],
)
async def test_a_run_that_matched_nothing_says_why(
    setting: Setting, text: str, own: str | None, note: str
) -> None:
    await setting.fill("a", "b", "c")
    async with worker(setting.engine):
        run = await setting.evaluate(use(query_filter=own), query_filter=text)
    assert (run.state, run.note) == (State.SUCCEEDED, note)
    assert run.progress == Progress(total=0)


async def test_an_empty_window_is_named(setting: Setting) -> None:
    await setting.fill("a")
    window = SpanRange(START - timedelta(days=1), START, 0, 1)
    async with worker(setting.engine):
        run = await setting.evaluate(**window.members())
    assert run.note == (
        "0 spans: none of project 'chat' began between 2025-12-31T00:00:00+00:00 and "
        "2026-01-01T00:00:00+00:00"
    )


async def test_a_mapping_that_resolves_nowhere_is_explained(setting: Setting) -> None:
    await setting.fill("a", "b")
    async with worker(setting.engine, Length("answer")):
        run = await setting.evaluate(use(variables=["answer"]))
    assert run.note is not None
    assert run.note.startswith(
        "evaluator 'length': mapping 'answer' resolves on none of 2 spans; "
        "available: 'output.value', 'attributes.output.value', 'name', 'kind'"
    )


async def test_samples_repeat_themselves(setting: Setting) -> None:
    """The same spans each time for a task, others for another one, about as many as asked for."""
    await setting.fill(*["a"] * 400)
    async with worker(setting.engine):
        first = await setting.evaluate(sampling_rate=0.25)
        chosen = set(await setting.scores())
        again = await setting.evaluate(sampling_rate=0.25)
        more = await setting.evaluate(sampling_rate=0.5, override=True)
        wider = set(await setting.scores())
        other = await setting.evaluate(use("other"), sampling_rate=0.25, task_id=2)
    count = len(chosen)
    assert 70 < count < 130
    assert first.progress == Progress(total=count, done=count, succeeded=count)
    assert again.progress == Progress(total=count, done=count, skipped=count)
    assert more.progress.total == len(wider)
    assert wider > chosen
    assert other.progress.total is not None
    assert set(await setting.scores("other")) != chosen


async def test_a_sample_without_spans_says_so(setting: Setting) -> None:
    await setting.fill("a", "b")
    async with worker(setting.engine):
        run = await setting.evaluate(sampling_rate=0.0)
    assert run.note == "0 of 2 spans are in the sample that sampling_rate asks for"
    assert run.progress == Progress(total=0)


async def test_no_more_than_max_spans_are_considered(setting: Setting) -> None:
    """The newest ones that pass; the note says what was left out."""
    keys = await setting.fill(*["a"] * 30)
    async with worker(setting.engine):
        run = await setting.evaluate(max_spans=5, query_filter="kind <> 'TOOL'")
    assert run.progress == Progress(total=5, done=5, succeeded=5)
    assert set(await setting.scores()) == {keys[n] for n in (28, 27, 25, 24, 22)}
    assert run.note == "max_spans reached: 22 spans, the oldest, left out"


async def test_only_what_is_missing_is_judged(setting: Setting) -> None:
    keys = await setting.fill("a", "b", None)
    async with worker(setting.engine):
        await setting.evaluate()
        again = await setting.evaluate(use(), use("other"))
        third = await setting.evaluate(override=True)
    assert again.progress == Progress(total=6, done=6, succeeded=2, failed=2, skipped=2)
    assert third.progress == Progress(total=3, done=3, succeeded=2, failed=1)
    assert set(await setting.scores("other")) == set(keys)


async def test_filters_see_what_was_said(setting: Setting) -> None:
    """And a run is not confused by what it says itself meanwhile, not even when interrupted."""
    keys = await setting.fill("a", "b", "c", "d")

    def unit(connection: Connection) -> None:
        say(connection, keys[0], "tone", label="rude")

    await setting.engine.db.write(unit)
    async with worker(setting.engine):
        rude = await setting.evaluate(query_filter="eval.tone.label = 'rude'")
    assert rude.progress == Progress(total=1, done=1, succeeded=1)
    await setting.fill("stop", name="stop", trace_id="e" * 32, start_time=START)
    text = "eval.length.score IS NULL"
    async with worker(setting.engine, Slow()) as first:
        run_id = await setting.submit(query_filter=text)
        async for run in setting.engine.events(run_id):
            if run.progress.total is not None and run.state is State.RUNNING:
                first.drain(0.2)
            if run.attempt == 1 and run.state is State.QUEUED:
                break
    async with worker(setting.engine):
        run = await setting.engine.wait(run_id, since_version=None, timeout=30)
    assert run.progress == Progress(total=4, done=4, succeeded=4)


async def test_spans_deleted_meanwhile_are_skipped(setting: Setting) -> None:
    class Deleting(Length):
        async def evaluate(self, rows: Rows) -> list[Outcome]:
            await setting.engine.db.write(
                lambda c: c.execute(delete(spans).where(spans.c.id == keys[0]))
            )
            return await super().evaluate(rows)

    keys = await setting.fill("a", "b")
    async with worker(setting.engine, Deleting()):
        run = await setting.evaluate()
    assert run.progress == Progress(total=2, done=2, succeeded=1, skipped=1)


async def test_many_spans_go_through_pages(setting: Setting) -> None:
    """Some of which are empty: filters may take out more than a page looks at."""
    await setting.fill(*["a"] * 6000)
    async with worker(setting.engine):
        run = await setting.evaluate(query_filter="name = 'other' AND latency_ms < 400")
    assert run.progress == Progress(total=100, done=100, succeeded=100)
