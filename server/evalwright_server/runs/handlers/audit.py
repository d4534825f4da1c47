"""The work of a `security` run: look for harm in messages and answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evalwright_server.audits import AuditItem, AuditVerdict, Finding, audit
from evalwright_server.audits.judged import audit_by_judge
from evalwright_server.audits.prototypes import comparable
from evalwright_server.judging import NoAnswer
from evalwright_server.models import IntegrationUnusable, Models
from evalwright_server.runs.analysis_payload import AnalysisPayload, AuditOptions
from evalwright_server.runs.context import Context
from evalwright_server.runs.handlers.analysis import Analysis, text_of
from evalwright_server.runs.handlers.judges import JudgeLine, open_line
from evalwright_server.runs.handlers.workbench import Workbench
from evalwright_server.runs.records import Finish
from evalwright_server.runs.sources.analysis_results import ItemResult
from evalwright_server.runs.sources.source import Item

SCOPE: Final = "audits 1"
"""Answers of judges may be used again within it: it changes with the question."""
RULES, EMBEDDING, JUDGE = "rules", "embedding", "judge"
"""What judged an item."""


class AuditHandler:
    """Handles security audits.

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
        options = AuditOptions.read(payload.options)
        opening = open_line(self._models, payload, context.grants, options.engine, SCOPE)
        async with opening as line:
            auditor = Auditor(
                options.categories, options.thresholds, self._bench, options.severities
            )
            return await Analysis(context, AuditAnalyst(auditor, line), self._bench).run()


@dataclass(frozen=True, slots=True)
class Audited:
    """What rules say of an item, and whether closeness of meaning took part."""

    verdict: AuditVerdict
    engine: str


class Auditor:
    """Audits items by rules and, where it is installed, by closeness of meaning.

    Args:
        categories: Codes of what to look for.
        thresholds: The confidence from which a finding counts, by category.
        bench: Knows the embedder.
        severities: How bad categories are, where that is not what the catalogue says.
    """

    def __init__(
        self,
        categories: Sequence[str],
        thresholds: Mapping[str, float],
        bench: Workbench,
        severities: Mapping[str, str] | None = None,
    ) -> None:
        self.codes: Final = frozenset(categories)
        self.thresholds: Final = thresholds
        self.severities: Final = severities or {}
        self._bench = bench

    def audit(self, items: Sequence[AuditItem]) -> list[Audited]:
        """Audit items. In the thread of the workbench."""
        embedder, _ = self._bench.embedder()
        if embedder is not None:
            # All at once, which is several times as fast; then they are in the embedder's cache.
            texts = (text for item in items for text in (item.user_input, item.assistant_response))
            sentences = [each.text for text in texts for each in comparable(text)]
            embedder.embed(list(dict.fromkeys(sentences)))
        engine = RULES if embedder is None else EMBEDDING
        return [
            Audited(audit(item, self.codes, self.thresholds, embedder, self.severities), engine)
            for item in items
        ]


class AuditAnalyst:
    """Audits the items of a run; see `Analyst`.

    Args:
        auditor: Audits by rules.
        line: The judge; None if none takes part.
    """

    def __init__(self, auditor: Auditor, line: JudgeLine | None) -> None:
        self._auditor = auditor
        self._line = line
        self.at_once = 1 if line is None else line.at_once

    def examine(self, items: Sequence[Item]) -> Sequence[Audited]:
        """Audit by rules; see `Analyst`."""
        return self._auditor.audit([audit_item(item) for item in items])

    async def complete(self, position: int, item: Item, examined: Audited) -> ItemResult:
        """Ask the judge; where it has no answer, the rules' verdict stands beside the reason."""
        verdict, engine, error, tokens = examined.verdict, examined.engine, None, 0
        if self._line is not None:
            auditor = self._auditor
            try:
                judged = await self._line.ask(
                    lambda judge: audit_by_judge(
                        audit_item(item),
                        examined.verdict,
                        judge,
                        auditor.codes,
                        auditor.thresholds,
                        auditor.severities,
                    )
                )
                verdict, engine, tokens = judged.verdict, JUDGE, judged.tokens
            except NoAnswer as problem:
                error, tokens = str(problem), problem.tokens
            except IntegrationUnusable as problem:
                error = str(problem)
        outcome = ItemResult.SCORED if error is None else ItemResult.FAILED
        result = {**as_result(verdict), "engine": engine, "error": error}
        return ItemResult(position, outcome, result, tokens)

    def broken(self, position: int, reason: str) -> ItemResult:
        """Return that an item could not be audited; see `Analyst`."""
        verdict = AuditVerdict((), (), 0.0, reason)
        result = {**as_result(verdict), "engine": RULES, "error": reason}
        return ItemResult(position, ItemResult.FAILED, result)

    def note(self) -> str | None:
        """Say why the judge was given up, if it was; see `Analyst`."""
        if self._line is None or not self._line.reason:
            return None
        return f"the judge was given up: {self._line.reason}"


def audit_item(item: Item) -> AuditItem:
    """Read an item of an audit."""
    return AuditItem(text_of(item, "user_input"), text_of(item, "assistant_response"))


def as_result(verdict: AuditVerdict) -> dict[str, object]:
    """Return a verdict as it is stored."""
    return {
        "is_safe": verdict.is_safe,
        "risk_score": verdict.risk_score,
        "explanation": verdict.explanation,
        "findings": [
            *(_finding(each, "input") for each in verdict.input_findings),
            *(_finding(each, "output") for each in verdict.output_findings),
        ],
    }


def _finding(finding: Finding, side: str) -> dict[str, object]:
    return {
        "category": finding.category,
        "side": side,
        "detector": finding.detector,
        "confidence": finding.confidence,
        "start": finding.start,
        "snippet": finding.snippet,
    }
