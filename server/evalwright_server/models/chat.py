"""What goes to a model and what comes back, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from pydantic import JsonValue

Message: TypeAlias = Mapping[str, JsonValue]
"""One message in the form of OpenAI's chat completions: `role`, `content` and so on."""

_RULES: Final = frozenset({"auto", "none", "required"})


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A question for a model.

    Attributes:
        model: The provider's name of the model.
        messages: The conversation so far.
        parameters: Further members of the request, such as `temperature` and `tools`.
        provider_parameters: What only one provider knows; see `providers`.
    """

    model: str
    messages: Sequence[Message]
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    provider_parameters: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """How many tokens an answer took; None where the provider doesn't say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    def __add__(self, other: "Usage") -> "Usage":
        """Return the tokens of both."""
        return Usage(
            _sum(self.prompt_tokens, other.prompt_tokens),
            _sum(self.completion_tokens, other.completion_tokens),
        )

    @property
    def total_tokens(self) -> int | None:
        """Both kinds together."""
        return _sum(self.prompt_tokens, self.completion_tokens)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function that the model wants to be called; `arguments` is JSON, if the model is right."""

    name: str
    arguments: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What a model answered.

    Attributes:
        text: What it said.
        tool_calls: What it wants to be called.
        refusal: Why it won't say anything.
        finish_reason: Why it stopped, such as `stop`, `length` and `content_filter`.
        usage: The tokens this took.
        seconds: How long it took, when it was asked.
        is_cached: Whether the answer is an earlier one to the same question.
    """

    text: str | None
    tool_calls: tuple[ToolCall, ...] = ()
    refusal: str | None = None
    finish_reason: str | None = None
    usage: Usage = Usage()
    seconds: float = 0.0
    is_cached: bool = False


def request_members(
    invocation: Mapping[str, JsonValue], tools: Mapping[str, JsonValue] | None = None
) -> dict[str, JsonValue]:
    """Return invocation parameters as members of a request.

    Args:
        invocation: As stored: an InvocationParameters of the document.
        tools: A ToolConfig that goes before the one in `invocation`.
    """
    members: dict[str, JsonValue] = {
        name: value for name, value in invocation.items() if value is not None
    }
    own = members.pop("tool_config", None)
    config = tools or (own if isinstance(own, dict) else {})
    if config.get("tools"):
        members["tools"] = config["tools"]
        choice = config.get("tool_choice")
        if isinstance(choice, str) and choice not in _RULES:
            choice = {"type": "function", "function": {"name": choice}}
        if choice is not None:
            members["tool_choice"] = choice
    return members


def _sum(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else one + other
