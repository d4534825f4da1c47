"""The work of a `task_run`: have evaluators judge the rows of experiments.

Rows go through in batches whose size follows what they cost. What is judged is stored before the
next batch, at most ten times a second, and for good: whatever interrupts the run, it goes on after
the last stored row.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from pydantic import JsonValue

from evalwright_server.evaluators.build import Evaluator
from evalwright_server.evaluators.results import EvaluationError, Outcome
from evalwright_server.runs.context import Context
from evalwright_server.runs.handlers.account import EvaluatorAccount, conclude
from evalwright_server.runs.handlers.batches import BatchSize
from evalwright_server.runs.payloads import EvaluatorUse, TaskRunPayload
from evalwright_server.runs.records import Beginning, Finish
from evalwright_server.runs.rows import EvaluationRow, Judgement
from evalwright_server.runs.sources.source import Census, Item
from evalwright_server.runs.states import State
from evalwright_server.sandbox.errors import SandboxUnavailable

Build: TypeAlias = Callable[[EvaluatorUse], Evaluator]
"""Makes an evaluator, or raises `ValueError` with everything that is wrong with its config."""

_STORE_INTERVAL: Final = 0.1
_MOST_UNSTORED: Final = 2_000


class EvaluationHandler:
    """Handles runs of tasks that evaluate experiments.

    Args:
        build: How evaluators are made.
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, build: Build, clock: Callable[[], float] = time.monotonic) -> None:
        self._build = build
        self._clock = clock

    async def __call__(self, context: Context) -> Finish:
        """Do one attempt; see `context.Handler`."""
        payload = TaskRunPayload.read(context.payload)
        evaluators = [self._try_to_build(use) for use in payload.evaluators]
        broken = [each for each in evaluators if isinstance(each, _BrokenEvaluator)]
        if broken and len(broken) == len(evaluators):
            return Finish(State.FAILED, failure_reason="; ".join(each.reason for each in broken))
        beginning = await context.begin()
        try:
            return await _Evaluation(context, payload, evaluators, self._clock).run(beginning)
        except* SandboxUnavailable as errors:
            reason = str(errors.exceptions[0])
        return Finish(State.FAILED, failure_reason=reason)

    def _try_to_build(self, use: EvaluatorUse) -> Evaluator:
        try:
            return self._build(use)
        except ValueError as error:
            return _BrokenEvaluator(use.name, f"evaluator {use.name!r} can't work: {error}")


class _BrokenEvaluator:
    """Stands in for an evaluator that can't be made, beside others that can."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason

    async def evaluate(self, rows: Sequence[object]) -> list[Outcome]:
        return [EvaluationError(self.reason) for _ in rows]


class _Evaluation:
    def __init__(
        self,
        context: Context,
        payload: TaskRunPayload,
        evaluators: Sequence[Evaluator],
        clock: Callable[[], float],
    ) -> None:
        self._context = context
        self._payload = payload
        self._evaluators = evaluators
        self._accounts = [EvaluatorAccount(use) for use in payload.evaluators]
        self._clock = clock
        self._census = Census()
        self._unstored: list[Item] = []
        self._stored_at = clock()

    async def run(self, beginning: Beginning) -> Finish:
        """Go through all rows."""
        try:
            await self._go_through()
        except asyncio.CancelledError:
            await self._store()
            raise
        await self._store()
        return conclude(beginning, self._payload, self._accounts, self._census)

    async def _go_through(self) -> None:
        size = BatchSize()
        cursor: JsonValue = None
        while True:
            page = await self._context.page(cursor, size.rows)
            self._census += page.census
            rows = [EvaluationRow.from_item(item) for item in page.items]
            started = self._clock()
            await self._judge(rows)
            size = size.after(len(rows), self._clock() - started, sum(map(_weigh, rows)))
            await self._store_if_due()
            cursor = page.cursor
            if cursor is None:
                return

    async def _judge(self, rows: Sequence[EvaluationRow]) -> None:
        async with asyncio.TaskGroup() as group:
            for index in range(len(self._evaluators)):
                pending = [row for row in rows if index in row.pending]
                if pending:
                    group.create_task(self._judge_by(index, pending))

    async def _judge_by(self, index: int, rows: Sequence[EvaluationRow]) -> None:
        outcomes = await self._evaluators[index].evaluate([row.columns for row in rows])
        for row, outcome in zip(rows, outcomes, strict=True):
            self._accounts[index].add(row.columns, outcome)
            self._unstored.append(_judgement(row, index, outcome).to_item())

    async def _store_if_due(self) -> None:
        is_due = self._clock() - self._stored_at >= _STORE_INTERVAL
        if is_due or len(self._unstored) >= _MOST_UNSTORED:
            await self._store()

    async def _store(self) -> None:
        # Taken out first: an interruption while they are being stored mustn't store them twice.
        items, self._unstored = self._unstored, []
        if items:
            await self._context.store(items)
        self._stored_at = self._clock()


def _judgement(row: EvaluationRow, index: int, outcome: Outcome) -> Judgement:
    if isinstance(outcome, EvaluationError):
        return Judgement(row.id, index, error=outcome.message)
    return Judgement(row.id, index, outcome.score, outcome.label, outcome.explanation)


def _weigh(row: EvaluationRow) -> int:
    """Return about how many characters a row has."""
    return sum(
        len(value) if isinstance(value, str) else len(repr(value)) for value in row.columns.values()
    )
