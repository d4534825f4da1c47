"""The work of an `evaluation`: measure answers with metrics."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evalwright_server.metrics import MetricItem, OfflineEngine, Outcome, Score, Unscored
from evalwright_server.metrics.items import Engine
from evalwright_server.metrics.judged import BY_JUDGE, JudgeEngine
from evalwright_server.metrics.offline import BY_MEANING
from evalwright_server.models import IntegrationUnusable, Models
from evalwright_server.runs.analysis_payload import AnalysisPayload, EvaluationOptions
from evalwright_server.runs.context import Context
from evalwright_server.runs.handlers.analysis import Analysis, text_of, texts_of
from evalwright_server.runs.handlers.judges import JudgeLine, open_line
from evalwright_server.runs.handlers.workbench import Workbench
from evalwright_server.runs.records import Finish
from evalwright_server.runs.sources.analysis_results import ItemResult
from evalwright_server.runs.sources.source import Item

SCOPE: Final = "metrics 1"
"""Answers of judges may be used again within it: it changes with the questions."""


class EvaluationAnalysisHandler:
    """Handles evaluations of datasets.

    Args:
        models: Reaches judges.
        bench: Where is computed.
    """

    def __init__(self, models: Models, bench: Workbench) -> None:
        self._models = models
        self._bench = bench

    async def __call__(self, context: Context) -> Finish:
        """Do one attempt; see `context.Handler`."""
        payload = AnalysisPayload.read(context.payload)
        options = EvaluationOptions.read(payload.options)
        opening = open_line(self._models, payload, context.grants, options.engine, SCOPE)
        async with opening as line:
            analyst = MetricAnalyst(Gauge(options.metrics, line, self._bench))
            return await Analysis(context, analyst, self._bench).run()


@dataclass(frozen=True, slots=True)
class Measured:
    """Outcomes by metric, and how many tokens they took."""

    outcomes: Mapping[str, Outcome]
    tokens: int


class Gauge:
    """Measures items with metrics, each by the engine that is meant to.

    Args:
        metrics: Keys of the metrics.
        line: The judge; None if none takes part.
        bench: Knows the embedder.
    """

    def __init__(self, metrics: Sequence[str], line: JudgeLine | None, bench: Workbench) -> None:
        self.metrics: Final = metrics
        self._line = line
        self._bench = bench
        self._judged = [key for key in metrics if line is not None and key in BY_JUDGE]
        self._offline = [key for key in metrics if key not in self._judged]
        self.at_once: Final = line.at_once if line is not None and self._judged else 1

    @property
    def has_questions(self) -> bool:
        """Whether a judge is asked anything at all."""
        return bool(self._judged)

    def measure_offline(self, items: Sequence[MetricItem]) -> list[dict[str, Outcome]]:
        """Measure what needs no judge. In the thread of the workbench."""
        embedder, missing = None, ""
        if any(key in BY_MEANING for key in self._offline):
            embedder, missing = self._bench.embedder()
        return OfflineEngine(embedder, missing).measure(self._offline, items)

    async def complete(self, item: MetricItem, offline: Mapping[str, Outcome]) -> Measured:
        """Have a judge measure the rest."""
        asked = await asyncio.gather(*(self._ask(key, item) for key in self._judged))
        found = dict(offline) | {
            key: outcome for key, (outcome, _) in zip(self._judged, asked, strict=True)
        }
        return Measured(
            {key: found[key] for key in self.metrics}, sum(tokens for _, tokens in asked)
        )

    async def _ask(self, key: str, item: MetricItem) -> tuple[Outcome, int]:
        if self._line is None:
            raise AssertionError("no metric is for a judge where there is none")
        tokens = 0

        async def measure(engine: JudgeEngine) -> Outcome:
            nonlocal tokens
            try:
                return await engine.measure(key, item)
            finally:
                tokens = engine.tokens

        try:
            outcome = await self._line.ask(lambda judge: measure(JudgeEngine(judge)))
        except IntegrationUnusable as error:
            outcome = Unscored(str(error))
        return outcome, tokens

    def note(self) -> str | None:
        """Say why there are no scores of a judge, if that is so."""
        if self._line is None or not self._judged or not self._line.reason:
            return None
        return f"the judge was given up: {self._line.reason}"


class MetricAnalyst:
    """Measures the items of an evaluation; see `Analyst`."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self.at_once = gauge.at_once

    def examine(self, items: Sequence[Item]) -> Sequence[dict[str, Outcome]]:
        """Measure what needs no judge; see `Analyst`."""
        return self._gauge.measure_offline([metric_item(item) for item in items])

    async def complete(
        self, position: int, item: Item, examined: Mapping[str, Outcome]
    ) -> ItemResult:
        """Have a judge measure the rest; see `Analyst`."""
        measured = await self._gauge.complete(metric_item(item), examined)
        result = as_result(measured.outcomes)
        outcome = ItemResult.FAILED if result["errors"] else ItemResult.SCORED
        return ItemResult(position, outcome, result, measured.tokens)

    def broken(self, position: int, reason: str) -> ItemResult:
        """Return that no metric could score an item; see `Analyst`."""
        outcomes: dict[str, Outcome] = dict.fromkeys(self._gauge.metrics, Unscored(reason))
        return ItemResult(position, ItemResult.FAILED, as_result(outcomes))

    def note(self) -> str | None:
        """Return what is worth knowing; see `Analyst`."""
        return self._gauge.note()


def metric_item(item: Item) -> MetricItem:
    """Read an item of an evaluation, or of a failure analysis."""
    expected, metadata = item.get("expected"), item.get("metadata")
    return MetricItem(
        text_of(item, "input"),
        text_of(item, "output"),
        texts_of(item.get("context")),
        expected if isinstance(expected, str) else None,
        metadata if isinstance(metadata, dict) else {},
    )


def as_result(outcomes: Mapping[str, Outcome]) -> dict[str, dict[str, object]]:
    """Return outcomes as they are stored: scores with engines, and errors."""
    return {
        "scores": {
            key: {
                "value": outcome.value,
                "explanation": outcome.explanation,
                "engine": str(outcome.engine),
            }
            for key, outcome in outcomes.items()
            if isinstance(outcome, Score)
        },
        "errors": {
            key: outcome.reason
            for key, outcome in outcomes.items()
            if isinstance(outcome, Unscored)
        },
    }


def by_judge(outcomes: Mapping[str, Outcome]) -> frozenset[str]:
    """Return the metrics that a judge has scored."""
    return frozenset(
        key
        for key, outcome in outcomes.items()
        if isinstance(outcome, Score) and outcome.engine is Engine.JUDGE
    )
