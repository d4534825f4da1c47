"""The payload of an analysis: what is to be done with its items, as source and handler read it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

from pydantic import JsonValue, TypeAdapter

QUEUE: Final = "analyses"
"""The queue of analyses with few items, for which somebody may be waiting."""
LARGE_QUEUE: Final = "large_analyses"
"""The queue of the others, which can't take the slots of small ones."""
LARGE: Final = 200
"""So many items make an analysis a large one."""
MAX_ATTEMPTS: Final = 5
"""How often an analysis is started before its workers' deaths count as its fault. Each attempt goes
on where the last one was.
"""


class AnalysisKind(StrEnum):
    """The kinds of runs that are analyses."""

    EVALUATION = "evaluation"
    FAILURE_ANALYSIS = "failure_analysis"
    SECURITY = "security"
    RED_TEAM = "redteam"


class EngineChoice(StrEnum):
    """Whether a judge takes part."""

    AUTO = "auto"
    """Where there is one and it has something to say."""
    OFFLINE = "offline"
    """Never."""
    JUDGE = "judge"
    """Wherever it has something to say, and nothing in its place where it can't be asked."""


@dataclass(frozen=True, slots=True)
class JudgeUse:
    """The model that judges, or is attacked.

    Attributes:
        model: Its name.
        integration: Key of the stored AI integration; None for access that came with the request.
        base_url: Where the provider is, with such access; None is OpenAI.
    """

    model: str
    integration: int | None = None
    base_url: str | None = None


class Options:
    """Base of what is asked of each kind of analysis; members that it doesn't know are ignored."""

    __slots__ = ()

    def to_json(self) -> dict[str, JsonValue]:
        """Return it as it is stored."""
        values: dict[str, JsonValue] = TypeAdapter(type(self)).dump_python(self, mode="json")
        return values

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return TypeAdapter(cls).validate_python(dict(options))


@dataclass(frozen=True, slots=True)
class EvaluationOptions(Options):
    """What to measure.

    Attributes:
        metrics: Keys of metrics.
        engine: Whether a judge takes part.
        thresholds: The least score at which an item passes, by metric.
    """

    metrics: tuple[str, ...]
    engine: EngineChoice = EngineChoice.AUTO
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditOptions(Options):
    """What to look for.

    Attributes:
        categories: Codes of categories of harm.
        engine: Whether a judge takes part.
        thresholds: The confidence from which a finding counts, by category.
        severities: How bad a category is, where the project says otherwise than the catalogue.
    """

    categories: tuple[str, ...]
    engine: EngineChoice = EngineChoice.AUTO
    thresholds: Mapping[str, float] = field(default_factory=dict)
    severities: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FailureOptions(Options):
    """What failures to look for, and with which signals.

    Attributes:
        feature_kind: The kind of application; None to tell it from each item.
        metrics: Metrics to measure.
        categories: Categories of harm to look for.
        kinds: Only these kinds of failures; all when empty.
        buckets: Only these groups of failures; all when empty.
        engine: Whether a judge takes part.
        thresholds: The confidence from which a finding counts, by category of harm.
    """

    feature_kind: str | None = None
    metrics: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    engine: EngineChoice = EngineChoice.AUTO
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RedTeamOptions(Options):
    """What to attack.

    Attributes:
        generate_only: Whether the caller runs the attacks.
        target_url: Where the system is, without what is secret in it; None to attack a model.
        system_prompt: The system's instructions, where they are known.
        request_template: The JSON to send, with `{{attack}}` in texts of it.
        response_key: Where the answer is in the JSON that comes back.
        concurrency: How many attacks run at a time.
        timeout: Seconds to wait for one answer.
    """

    generate_only: bool = False
    target_url: str | None = None
    system_prompt: str | None = None
    request_template: JsonValue = None
    response_key: str | None = None
    concurrency: int = 4
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class AnalysisPayload:
    """An analysis to be done.

    Attributes:
        options: The kind's options, as `to_json` gives them.
        judge: The model that judges, or is attacked; None without one.
    """

    options: Mapping[str, JsonValue]
    judge: JudgeUse | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """Return it as it is stored, with what `hooks` look for."""
        stored = self.judge is not None and self.judge.integration is not None
        return {
            "options": dict(self.options),
            "judge": None if self.judge is None else asdict(self.judge),
            "integrations": [self.judge.integration] if stored and self.judge else [],
        }

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        judge = payload["judge"]
        return cls(payload["options"], None if judge is None else JudgeUse(**judge))


@dataclass(frozen=True, slots=True)
class Secrets:
    """What was sent for one analysis and is secret. It is stored sealed, and erased at the end.

    Attributes:
        api_key: The key of the judge's provider.
        target_url: Where the system to attack is.
        target_headers: Header fields for it.
    """

    api_key: str | None = field(default=None, repr=False)
    target_url: str | None = field(default=None, repr=False)
    target_headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        return bool(self.api_key or self.target_url or self.target_headers)

    def to_text(self) -> str:
        """Return it as the text to seal."""
        return TypeAdapter(Secrets).dump_json(self).decode()

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `to_text` wrote."""
        return TypeAdapter(cls).validate_json(text)


def queue_for(total_items: int) -> str:
    """Return the queue of an analysis of so many items."""
    return QUEUE if total_items < LARGE else LARGE_QUEUE
