"""The work of a `task_run`: have evaluators judge the rows of experiments, or spans.

Rows go through in batches whose size follows what they cost, or, where each takes its time, one by
one with several under way. What is judged is stored at most ten times a second, and for good:
whatever interrupts the run, it goes on after the last stored row.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from pydantic import JsonValue

from evalwright_server.evaluators.build import Evaluator, RowEvaluator
from evalwright_server.evaluators.results import EvaluationError, Outcome
from evalwright_server.models import IntegrationUnusable, Usage
from evalwright_server.runs.context import Context
from evalwright_server.runs.handlers.account import EvaluatorAccount, conclude
from evalwright_server.runs.handlers.batches import BatchSize
from evalwright_server.runs.handlers.feed import Feed
from evalwright_server.runs.handlers.outbox import Outbox
from evalwright_server.runs.handlers.stops import reason_of
from evalwright_server.runs.payloads import EvaluatorUse, TaskRunPayload
from evalwright_server.runs.records import Beginning, Finish
from evalwright_server.runs.rows import EvaluationRow, Judgement
from evalwright_server.runs.sources.source import Census, Item, Page
from evalwright_server.runs.states import State

_ROWS_AHEAD: Final = 4

Build: TypeAlias = Callable[[EvaluatorUse], Evaluator]
"""Makes an evaluator, or raises `ValueError` with everything that is wrong with its config."""


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
        payload = TaskRunPayload.read(context.payload, context.grants)
        evaluators = [self._try_to_build(use) for use in payload.evaluators]
        broken = [each for each in evaluators if isinstance(each, _BrokenEvaluator)]
        if broken and len(broken) == len(evaluators):
            return Finish(State.FAILED, failure_reason="; ".join(each.reason for each in broken))
        beginning = await context.begin()
        try:
            return await _Evaluation(context, payload, evaluators, self._clock).run(beginning)
        except BaseExceptionGroup as errors:
            return Finish(State.FAILED, failure_reason=reason_of(errors))

    def _try_to_build(self, use: EvaluatorUse) -> Evaluator:
        try:
            return self._build(use)
        except (ValueError, IntegrationUnusable) as error:
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
        self._accounts = [EvaluatorAccount(use, payload.unit) for use in payload.evaluators]
        self._clock = clock
        self._census = Census()
        self._outbox = Outbox(context, clock)

    async def run(self, beginning: Beginning) -> Finish:
        """Go through all rows."""
        try:
            await self._go_through()
        except (asyncio.CancelledError, BaseExceptionGroup):
            await self._outbox.send()
            raise
        await self._outbox.send()
        return conclude(beginning, self._payload, self._accounts, self._census)

    async def _go_through(self) -> None:
        slow = [each.at_once for each in self._evaluators if isinstance(each, RowEvaluator)]
        if slow:
            await self._go_by_row(max(slow))
        else:
            await self._go_by_batch()

    async def _go_by_row(self, at_once: int) -> None:
        async def work(item: Item) -> None:
            await self._judge([EvaluationRow.from_item(item)])
            await self._outbox.send_if_due()

        feed = Feed(lambda cursor: self._read(cursor, at_once * _ROWS_AHEAD))
        await feed.consume(work, at_once)

    async def _read(self, cursor: JsonValue, rows: int) -> Page:
        page = await self._context.page(cursor, rows)
        self._census += page.census
        return page

    async def _go_by_batch(self) -> None:
        size = BatchSize()
        cursor: JsonValue = None
        while True:
            page = await self._read(cursor, size.rows)
            rows = [EvaluationRow.from_item(item) for item in page.items]
            started = self._clock()
            await self._judge(rows)
            size = size.after(len(rows), self._clock() - started, sum(map(_weigh, rows)))
            await self._outbox.send_if_due()
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
            self._outbox.add([_judgement(row, index, outcome).to_item()])


def _judgement(row: EvaluationRow, index: int, outcome: Outcome) -> Judgement:
    usage = outcome.usage or Usage()
    tokens = (usage.prompt_tokens, usage.completion_tokens)
    if isinstance(outcome, EvaluationError):
        return Judgement(row.id, index, None, None, None, outcome.message, *tokens)
    return Judgement(
        row.id, index, outcome.score, outcome.label, outcome.explanation, None, *tokens
    )


def _weigh(row: EvaluationRow) -> int:
    """Return about how many characters a row has."""
    return sum(
        len(value) if isinstance(value, str) else len(repr(value)) for value in row.columns.values()
    )
