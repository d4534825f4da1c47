"""Which model judges an analysis: a stored integration, or access that came with the request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import orjson
from pydantic import JsonValue
from sqlalchemy import Connection

from evalwright_server.runs.analysis_payload import (
    AnalysisPayload,
    EngineChoice,
    JudgeUse,
    Secrets,
)
from evalwright_server.services.errors import Findings
from evalwright_server.services.model_access import choose_model
from evalwright_server.services.references import require
from evalwright_server.store.ids import Kind

DEFAULT_MODEL: Final = "gpt-4o-mini"
"""The model that judges where a request brings a key and names no model."""

_CHARACTERS_PER_TOKEN: Final = 4
_TOKENS_AROUND: Final = 400
"""Tokens of the instructions to a judge, and of what it says."""


@dataclass(frozen=True, slots=True)
class JudgeWish:
    """What a request says about its judge.

    Attributes:
        engine: Whether a judge takes part.
        integration_id: Public ID of a stored integration.
        base_url: Where the provider is.
        model: The model.
        api_key: The provider's key, for this request only.
    """

    engine: EngineChoice = EngineChoice.AUTO
    integration_id: str | None = None
    base_url: str | None = None
    model: str | None = None
    api_key: str | None = field(default=None, repr=False)

    @property
    def is_there(self) -> bool:
        """Whether there is a judge, and it may be asked."""
        has_access = self.integration_id or self.base_url or self.api_key
        return bool(has_access) and self.engine is not EngineChoice.OFFLINE

    @property
    def secrets(self) -> Secrets:
        """What of it is secret."""
        return Secrets(api_key=self.api_key if self.is_there else None)

    def use(self, conn: Connection, space: int) -> JudgeUse | None:
        """Return the judge as runs know it, or None without one.

        Args:
            conn: The transaction.
            space: Key of the space in which it is to judge.

        Raises:
            ServiceError: The integration is unknown, or can't be used for this.
        """
        if not self.is_there:
            return None
        if self.integration_id is None:
            return JudgeUse(self.model or DEFAULT_MODEL, base_url=self.base_url)
        row = require(conn, Kind.AI_INTEGRATION, self.integration_id, "/judge/ai_integration_id")
        model = self.model or next(iter(row.model_names or ()), DEFAULT_MODEL)
        findings = Findings()
        wanted = {"ai_integration_id": self.integration_id, "model_name": model}
        choice = choose_model(conn, space, wanted, "the judge", findings)
        findings.raise_if_any()
        return None if choice is None else JudgeUse(choice.model, integration=choice.integration)


class Options(Protocol):
    """What an analysis is to do, as its run's payload has it."""

    def to_json(self) -> dict[str, JsonValue]:
        """Return it as JSON."""
        ...


@dataclass(frozen=True, slots=True)
class JudgedPlan:
    """What to do, and who judges; called with a transaction, it is the run's payload."""

    options: Options
    judge: JudgeWish

    def __call__(self, conn: Connection, space: int) -> AnalysisPayload:
        """Return the payload; see `AnalysisRequest.plan`."""
        return AnalysisPayload(self.options.to_json(), self.judge.use(conn, space))


def read_judge(body: Mapping[str, Any], findings: Findings) -> JudgeWish:
    """Return what a request says about its judge in `judge` and `openai_api_key`.

    Args:
        body: The request; what has the wrong form in it is left to its schema.
        findings: Where what does not fit together is noted.
    """
    given = body.get("judge")
    judge: Mapping[str, Any] = given if isinstance(given, dict) else {}
    key = body.get("openai_api_key")
    api_key = key.strip() or None if isinstance(key, str) else None
    engine = judge.get("engine")
    wish = JudgeWish(
        EngineChoice(engine) if engine in set(EngineChoice) else EngineChoice.AUTO,
        judge.get("ai_integration_id"),
        judge.get("base_url"),
        judge.get("model"),
        api_key,
    )
    _check(wish, findings)
    return wish


def _check(wish: JudgeWish, findings: Findings) -> None:
    if wish.integration_id is not None and (wish.base_url or wish.api_key):
        findings.add(
            "/judge/ai_integration_id",
            "a stored integration has an address and a key of its own; leave out base_url and "
            "openai_api_key, or the integration",
        )
    if wish.engine is EngineChoice.JUDGE and not wish.is_there:
        findings.add(
            "/judge/engine",
            "there is no judge to insist on: send openai_api_key, judge.base_url or "
            "judge.ai_integration_id, or choose auto",
        )
    if wish.model is not None and wish.engine is EngineChoice.AUTO and not wish.is_there:
        findings.add(
            "/judge/model",
            "nothing leads to this model: send openai_api_key, judge.base_url or "
            "judge.ai_integration_id with it",
        )


def predict_tokens(items: Sequence[Mapping[str, Any]], questions: int) -> int:
    """Return about how many tokens a judge takes.

    Args:
        items: What it reads.
        questions: How many questions are asked about each item, and so how often it is read.
    """
    characters = sum(len(orjson.dumps(item)) for item in items) if questions else 0
    return questions * (characters // _CHARACTERS_PER_TOKEN + len(items) * _TOKENS_AROUND)
