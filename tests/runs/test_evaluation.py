"""Evaluations from submission to scores, with workers in this process and small evaluators."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest
from pydantic import JsonValue
from sqlalchemy import Connection, delete

from evalwright_server.evaluators.results import EvaluationError, EvaluationResult, Outcome
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.handlers.evaluation import EvaluationHandler
from evalwright_server.runs.kinds import SOURCES
from evalwright_server.runs.local_port import LocalPort
from evalwright_server.runs.payloads import EvaluatorUse
from evalwright_server.runs.records import NewRun, Progress, RunRow
from evalwright_server.runs.states import State
from evalwright_server.runs.worker import Worker
from evalwright_server.store.tables.experiments import experiment_runs, experiments
from runs.experiments_data import add_dataset, add_experiment, scores

Rows = Sequence[Mapping[str, JsonValue]]


class Length:
    """Scores a column by its length; an empty one is an error."""

    name = "length"

    def __init__(self, column: str = "output") -> None:
        self.column = column
        self.seen: list[Mapping[str, JsonValue]] = []

    async def evaluate(self, rows: Rows) -> list[Outcome]:
        self.seen += rows
        return [self.judge(row) for row in rows]

    def judge(self, row: Mapping[str, JsonValue]) -> Outcome:
        value = row.get(self.column)
        if not value:
            return EvaluationError("nothing there")
        return EvaluationResult(float(len(str(value))), None, None)


class Stuck(Length):
    """Judges rows until one says stop, and then hangs."""

    def __init__(self) -> None:
        super().__init__()
        self.hangs = asyncio.Event()

    async def evaluate(self, rows: Rows) -> list[Outcome]:
        if any(row["output"] == "stop" for row in rows):
            self.hangs.set()
            await asyncio.Event().wait()
        return await super().evaluate(rows)


@asynccontextmanager
async def worker(
    engine: Engine, build: Callable[[EvaluatorUse], Length], name: str = "worker"
) -> AsyncIterator[Worker]:
    """A worker in this process."""
    async with LocalPort(engine, name, SOURCES) as port:
        worker = Worker(port, {"task_run": EvaluationHandler(build)}, beat_seconds=5)
        working = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


def use(name: str = "length", only: str | None = None, **config: JsonValue) -> JsonValue:
    return {
        "version_id": 1,
        "name": name,
        "config": config,
        "column_mappings": None,
        "query_filter": only,
    }


class Setting:
    """A dataset with experiments, and runs over them."""

    def __init__(self, engine: Engine, space_id: int) -> None:
        self.engine = engine
        self.space_id = space_id

    async def experiments(self, *outputs: Sequence[str | None]) -> list[int]:
        examples = [{"question": f"q{index}"} for index in range(max(map(len, outputs)))]

        def unit(connection: Connection) -> list[int]:
            dataset = add_dataset(connection, self.space_id, examples)
            return [
                add_experiment(connection, dataset, f"system {index}", each)
                for index, each in enumerate(outputs)
            ]

        return await self.engine.db.write(unit)

    async def submit(
        self,
        experiment_ids: list[int],
        *uses: JsonValue,
        override: bool = False,
        query_filter: str | None = None,
        deadline_seconds: float | None = None,
    ) -> int:
        payload: dict[str, JsonValue] = {
            "task_id": 1,
            "type": "code_evaluation",
            "experiment_ids": [*experiment_ids],
            "override": override,
            "query_filter": query_filter,
            "evaluators": [*uses] or [use()],
        }
        run = NewRun("task_run", self.space_id, payload, deadline_seconds=deadline_seconds)
        submitted = await self.engine.db.write(
            lambda connection: self.engine.submit(connection, run)
        )
        return submitted.id

    async def end_of(self, run_id: int) -> RunRow:
        return await self.engine.wait(run_id, since_version=None, timeout=30)

    async def evaluate(
        self,
        experiment_ids: list[int],
        *uses: JsonValue,
        override: bool = False,
        query_filter: str | None = None,
    ) -> RunRow:
        run_id = await self.submit(
            experiment_ids, *uses, override=override, query_filter=query_filter
        )
        return await self.end_of(run_id)

    async def scores(self, name: str = "length") -> list[tuple[float | None, str | None]]:
        return await self.engine.db.read(lambda connection: scores(connection, name))


@pytest.fixture
def setting(engine: Engine, space_id: int) -> Setting:
    return Setting(engine, space_id)


async def test_every_row_of_every_experiment_is_judged(setting: Setting) -> None:
    """Evaluators see the example's columns, then those of the experiment run."""
    ids = await setting.experiments(["a", "bb"], ["ccc", None])
    judge = Length()
    async with worker(setting.engine, lambda _: judge):
        run = await setting.evaluate(ids)
    assert (run.state, run.failure_reason, run.note) == (State.SUCCEEDED, None, None)
    assert run.progress == Progress(total=4, done=4, succeeded=3, failed=1)
    assert await setting.scores() == [(1, None), (2, None), (3, None), (None, "nothing there")]
    assert [list(row) for row in judge.seen][-2:] == [
        ["question", "output", "latency"],
        ["question", "output", "error", "latency"],
    ]


async def test_what_was_judged_before_is_skipped(setting: Setting) -> None:
    """But what could not be judged is tried again."""
    ids = await setting.experiments(["a", None])
    async with worker(setting.engine, lambda _: Length()):
        await setting.evaluate(ids)
    async with worker(setting.engine, lambda _: Length("question")):
        again = await setting.evaluate(ids)
        third = await setting.evaluate(ids)
    assert again.progress == Progress(total=2, done=2, succeeded=1, skipped=1)
    assert await setting.scores() == [(1, None), (2, None)]
    assert third.progress == Progress(total=2, done=2, skipped=2)
    assert third.note is not None
    assert "set override_evaluations" in third.note


async def test_override_judges_again(setting: Setting) -> None:
    ids = await setting.experiments(["a", "b"])
    async with worker(setting.engine, lambda _: Length()):
        await setting.evaluate(ids)
    async with worker(setting.engine, lambda _: Length("question")):
        again = await setting.evaluate(ids, override=True)
    assert again.progress == Progress(total=2, done=2, succeeded=2)
    assert await setting.scores() == [(2, None), (2, None)]


async def test_only_the_missing_pairs_are_judged(setting: Setting) -> None:
    """Pairs of row and evaluator count, not rows."""
    ids = await setting.experiments(["a", "b"])
    async with worker(setting.engine, lambda _: Length()):
        await setting.evaluate(ids)
        both = await setting.evaluate(ids, use(), use("other"))
    assert both.progress == Progress(total=4, done=4, succeeded=2, skipped=2)
    assert await setting.scores("other") == [(1, None), (1, None)]


@pytest.mark.parametrize(
    ("outputs", "note"),
    [
        ([[]], "0 rows: experiment 'system 0' has no runs"),
        ([[], []], "0 rows: experiments 'system 0', 'system 1' have no runs"),
        ([["a"], []], "experiment 'system 1' has no runs"),
    ],
)
async def test_empty_experiments_are_named(
    setting: Setting, outputs: list[list[str]], note: str
) -> None:
    """A run that matched nothing says why."""
    ids = await setting.experiments(*outputs)
    async with worker(setting.engine, lambda _: Length()):
        run = await setting.evaluate(ids)
    assert (run.state, run.note) == (State.SUCCEEDED, note)
    assert run.progress.total == sum(map(len, outputs))


async def test_deleted_experiments_are_no_rows(setting: Setting) -> None:
    ids = await setting.experiments(["a"])
    await setting.engine.db.write(lambda connection: connection.execute(delete(experiments)))
    async with worker(setting.engine, lambda _: Length()):
        run = await setting.evaluate(ids)
    assert run.state is State.SUCCEEDED
    assert run.note == "0 rows: the experiments were deleted after the run was triggered"


async def test_a_mapping_that_resolves_nowhere_is_explained(setting: Setting) -> None:
    ids = await setting.experiments(["a", "b"])
    async with worker(setting.engine, lambda _: Length("answer")):
        run = await setting.evaluate(ids, use(variables=["answer"]))
    assert (run.state, run.progress.failed) == (State.SUCCEEDED, 2)
    assert run.note == (
        "evaluator 'length': mapping 'answer' resolves on none of 2 rows; "
        "available: 'question', 'output', 'latency'"
    )


async def test_a_run_that_judged_nothing_has_failed(setting: Setting) -> None:
    """It must not look like a success without scores."""
    ids = await setting.experiments(["a", "b"])
    async with worker(setting.engine, lambda _: Length("answer")):
        run = await setting.evaluate(ids)
    assert (run.state, run.progress.failed) == (State.FAILED, 2)
    assert run.failure_reason == (
        "evaluator 'length' could judge none of 2 rows; each time: nothing there"
    )


async def test_one_broken_evaluator_does_not_stop_the_others(setting: Setting) -> None:
    def build(use: EvaluatorUse) -> Length:
        if use.name == "broken":
            raise ValueError("no such pattern")
        return Length()

    ids = await setting.experiments(["a", "b"])
    async with worker(setting.engine, build):
        both = await setting.evaluate(ids, use(), use("broken"))
        alone = await setting.evaluate(ids, use("broken"))
    assert both.state is State.SUCCEEDED
    assert both.progress == Progress(total=4, done=4, succeeded=2, failed=2)
    assert both.note is not None
    assert both.note.startswith("evaluator 'broken' could judge none of 2 rows")
    assert alone.state is State.FAILED
    assert alone.failure_reason == "evaluator 'broken' can't work: no such pattern"


async def test_cancelling_keeps_what_is_judged(setting: Setting) -> None:
    ids = await setting.experiments(["a", "b", "c", "d", "stop", "e"])
    stuck = Stuck()
    async with worker(setting.engine, lambda _: stuck):
        run_id = await setting.submit(ids)
        await stuck.hangs.wait()
        await setting.engine.db.write(lambda connection: setting.engine.cancel(connection, run_id))
        run = await setting.end_of(run_id)
    assert (run.state, run.failure_reason) == (State.CANCELLED, "cancelled on request")
    assert run.progress == Progress(total=6, done=4, succeeded=4)
    assert await setting.scores() == [(1, None)] * 4


async def test_a_deadline_keeps_what_is_judged(setting: Setting) -> None:
    """The worker keeps the deadline by itself, before any reaper comes."""
    ids = await setting.experiments(["a", "b", "c", "d", "stop", "e"])
    async with worker(setting.engine, lambda _: Stuck()):
        run = await setting.end_of(await setting.submit(ids, deadline_seconds=0.5))
    assert (run.state, run.failure_reason) == (
        State.TIMEOUT,
        "its deadline passed before it ended",
    )
    assert run.progress.done == len(await setting.scores())


async def test_an_interrupted_run_goes_on_where_it_was(setting: Setting) -> None:
    """A worker that is drained hands the run back; the next one judges only the rest."""
    ids = await setting.experiments(["a", "b", "c", "d", "stop", "e"])
    stuck, judge = Stuck(), Length()
    async with worker(setting.engine, lambda _: stuck) as first:
        run_id = await setting.submit(ids)
        await stuck.hangs.wait()
        first.drain(0)
        async for run in setting.engine.events(run_id):
            if run.state is State.QUEUED:
                break
    async with worker(setting.engine, lambda _: judge, "second"):
        run = await setting.end_of(run_id)
    assert (run.state, run.attempt) == (State.SUCCEEDED, 2)
    assert run.progress == Progress(total=6, done=6, succeeded=6)
    assert [row["output"] for row in judge.seen] == ["stop", "e"]


async def test_rows_deleted_meanwhile_are_skipped(setting: Setting) -> None:
    class Deleting(Length):
        async def evaluate(self, rows: Rows) -> list[Outcome]:
            await setting.engine.db.write(
                lambda connection: connection.execute(
                    delete(experiment_runs).where(experiment_runs.c.output == "b")
                )
            )
            return await super().evaluate(rows)

    ids = await setting.experiments(["a", "b"])
    async with worker(setting.engine, lambda _: Deleting()):
        run = await setting.evaluate(ids)
    assert run.state is State.SUCCEEDED
    assert run.progress == Progress(total=2, done=2, succeeded=1, skipped=1)


async def test_many_rows_go_through_pages(setting: Setting) -> None:
    ids = await setting.experiments(["a"] * 1500)
    async with worker(setting.engine, lambda _: Length()):
        run = await setting.evaluate(ids)
    assert run.progress == Progress(total=1500, done=1500, succeeded=1500)
    assert len(await setting.scores()) == 1500


async def test_rows_that_a_filter_takes_out_are_not_considered(setting: Setting) -> None:
    """They are neither skipped nor errors, and no part of the total."""
    ids = await setting.experiments(["a", "b", "a"], ["c", "a"])
    judge = Length()
    async with worker(setting.engine, lambda _: judge):
        run = await setting.evaluate(ids, query_filter="output = 'a' AND question != 'q2'")
    assert run.progress == Progress(total=2, done=2, succeeded=2)
    assert run.note is None
    assert [row["question"] for row in judge.seen] == ["q0", "q1"]


async def test_an_evaluator_judges_what_all_filters_let_through(setting: Setting) -> None:
    """The task's, the one it has in the task, and the one in its own code_config."""
    ids = await setting.experiments(["a", "b", "c", "d"])
    one = use(only="output > 'b'", query_filter="output < 'd'")
    async with worker(setting.engine, lambda _: Length()):
        run = await setting.evaluate(ids, one, use("all"), query_filter="output != 'a'")
    assert run.progress == Progress(total=4, done=4, succeeded=4)
    assert [score for score, _ in await setting.scores("length")] == [1]
    assert [score for score, _ in await setting.scores("all")] == [1, 1, 1]


async def test_a_filter_that_nothing_passes_is_named(setting: Setting) -> None:
    ids = await setting.experiments(["a", "b"], ["c"])
    async with worker(setting.engine, lambda _: Length()):
        run = await setting.evaluate(ids, query_filter="missing = 1")
    assert (run.state, run.progress) == (State.SUCCEEDED, Progress(total=0))
    assert run.note == "0 of 3 rows matched query_filter 'missing = 1'"


async def test_so_is_that_of_an_evaluator(setting: Setting) -> None:
    ids = await setting.experiments(["a", "b", "c"])
    uses = [use(only="output = 'x'"), use("other")]
    async with worker(setting.engine, lambda _: Length()):
        run = await setting.evaluate(ids, *uses, query_filter="output != 'c'")
    assert run.progress == Progress(total=2, done=2, succeeded=2)
    assert run.note == (
        "0 of 2 rows matched the query_filter of evaluator 'length': \"output = 'x'\""
    )


async def test_only_rows_that_pass_count_as_skipped(setting: Setting) -> None:
    ids = await setting.experiments(["a", "b", "c"])
    async with worker(setting.engine, lambda _: Length()):
        await setting.evaluate(ids)
        again = await setting.evaluate(ids, query_filter="output != 'c'")
    assert again.progress == Progress(total=2, done=2, skipped=2)
    assert again.note is not None
    assert "set override_evaluations" in again.note


async def test_a_filter_survives_an_interruption(setting: Setting) -> None:
    """The second attempt looks at all rows again, and must not count them twice."""
    ids = await setting.experiments(["a", "b", "x", "x", "stop", "e"])
    async with worker(setting.engine, lambda _: Stuck()) as first:
        run_id = await setting.submit(ids, query_filter="output != 'x'")
        async for run in setting.engine.events(run_id):
            if run.state is State.RUNNING and run.progress.total is not None:
                first.drain(0.2)
            if run.attempt == 1 and run.state is State.QUEUED:
                break
    async with worker(setting.engine, lambda _: Length(), "second"):
        run = await setting.end_of(run_id)
    assert (run.state, run.attempt) == (State.SUCCEEDED, 2)
    assert run.progress == Progress(total=4, done=4, succeeded=4)


async def test_few_rows_among_many_are_found(setting: Setting) -> None:
    """A page that finds little looks at more rows, but not at all of them at once."""
    ids = await setting.experiments(["a"] * 6000 + ["b"])
    async with worker(setting.engine, lambda _: Length()):
        run = await setting.evaluate(ids, query_filter="output = 'b'")
    assert run.progress == Progress(total=1, done=1, succeeded=1)
