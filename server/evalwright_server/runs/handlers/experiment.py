"""The work of a `run_experiment`: produce an output for each example.

Several are under way at a time. What is done is stored at most ten times a second, and for good.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from pydantic import JsonValue

from evalwright_server.models import IntegrationUnusable
from evalwright_server.runs.context import Context
from evalwright_server.runs.experiment_payload import ExampleRow, ExperimentPayload, Production
from evalwright_server.runs.handlers.account import shorten
from evalwright_server.runs.handlers.feed import Feed
from evalwright_server.runs.handlers.outbox import Outbox
from evalwright_server.runs.handlers.stops import reason_of
from evalwright_server.runs.payloads import integration_grant
from evalwright_server.runs.producers.producer import Producer
from evalwright_server.runs.records import Beginning, Finish
from evalwright_server.runs.sources.source import Census, Item, Page
from evalwright_server.runs.states import State

_ROWS_AHEAD: Final = 4
_DISTINCT_ERRORS: Final = 100

BuildProducer: TypeAlias = Callable[[ExperimentPayload, Mapping[str, JsonValue] | None], Producer]
"""Makes what produces outputs, from what is to be done and the granted access.

Raises `ValueError` or `IntegrationUnusable` with everything that is wrong.
"""


class ExperimentHandler:
    """Handles runs that fill experiments.

    Args:
        build: How producers are made.
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, build: BuildProducer, clock: Callable[[], float] = time.monotonic) -> None:
        self._build = build
        self._clock = clock

    async def __call__(self, context: Context) -> Finish:
        """Do one attempt; see `context.Handler`."""
        payload = ExperimentPayload.read(context.payload)
        grant = integration_grant(context.grants, payload.integration)
        try:
            producer = self._build(payload, grant)
        except (ValueError, IntegrationUnusable) as error:
            return Finish(State.FAILED, failure_reason=str(error))
        beginning = await context.begin()
        try:
            filling = _Filling(context, payload, producer, self._clock)
            return await filling.run(beginning)
        except BaseExceptionGroup as errors:
            return Finish(State.FAILED, failure_reason=reason_of(errors))


class _Filling:
    def __init__(
        self,
        context: Context,
        payload: ExperimentPayload,
        producer: Producer,
        clock: Callable[[], float],
    ) -> None:
        self._context = context
        self._payload = payload
        self._producer = producer
        self._outbox = Outbox(context, clock)
        self._census = Census()
        self._produced = 0
        self._errors: Counter[str] = Counter()

    async def run(self, beginning: Beginning) -> Finish:
        """Go through all examples."""
        try:
            await Feed(self._read).consume(self._fill, self._producer.at_once)
        except (asyncio.CancelledError, BaseExceptionGroup):
            await self._outbox.send()
            raise
        await self._outbox.send()
        return self._conclude(beginning)

    async def _read(self, cursor: JsonValue) -> Page:
        page = await self._context.page(cursor, self._producer.at_once * _ROWS_AHEAD)
        self._census += page.census
        return page

    async def _fill(self, item: Item) -> None:
        row = ExampleRow.from_item(item)
        production = await self._producer.produce(row.columns)
        self._count(production)
        self._outbox.add([production.to_item(row.id)])
        await self._outbox.send_if_due()

    def _count(self, production: Production) -> None:
        if production.error is None:
            self._produced += 1
        elif production.error in self._errors or len(self._errors) < _DISTINCT_ERRORS:
            self._errors[production.error] += 1

    def _conclude(self, beginning: Beginning) -> Finish:
        if self._census.rows and not self._census.passed and not beginning.progress.done:
            rows, shown = self._census.rows, shorten(self._payload.query_filter or "")
            examples = f"{rows} example{'' if rows == 1 else 's'}"
            note = f"0 of {examples} matched query_filter {shown!r}"
            return Finish(State.SUCCEEDED, note=note)
        produced = beginning.progress.succeeded + self._produced
        if produced or not self._errors:
            return Finish(State.SUCCEEDED, note=beginning.note)
        failed = self._errors.total()
        message = self._errors.most_common(1)[0][0]
        often = "each time" if len(self._errors) == 1 else "most often"
        examples = f"{failed} example{'' if failed == 1 else 's'}"
        return Finish(
            State.FAILED,
            failure_reason=f"no output for any of {examples}; {often}: {shorten(message)}",
        )
