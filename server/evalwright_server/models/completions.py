"""Reading chat completions, from whoever claims to send one."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from evalwright_server.models.chat import ChatReply, ToolCall, Usage
from evalwright_server.models.errors import ProviderError

_SHOWN = 200


def _text_of(content: object) -> object:
    """Join content that comes in parts; only texts count."""
    if not isinstance(content, list):
        return content
    return "".join(part.get("text") or "" for part in content if isinstance(part, dict))


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Function(_Part):
    name: str
    arguments: str = ""


class _ToolCall(_Part):
    id: str | None = None
    function: _Function


class _Message(_Part):
    content: Annotated[str | None, BeforeValidator(_text_of)] = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(_Part):
    message: _Message
    finish_reason: str | None = None


class _Usage(_Part):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(_Part):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


def read_completion(body: str | bytes | JsonValue, seconds: float) -> ChatReply:
    """Read an answer.

    Args:
        body: JSON as text, or the value.
        seconds: How long it took.

    Raises:
        ProviderError: It is no chat completion.
    """
    try:
        if isinstance(body, str | bytes):
            completion = _Completion.model_validate_json(body)
        else:
            completion = _Completion.model_validate(body)
    except ValidationError as error:
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
        shown = " ".join(text[:_SHOWN].split()) or "nothing"
        wrong = error.errors(include_url=False)[0]
        where = "/".join(map(str, wrong["loc"])) or "its form"
        raise ProviderError(
            f"the answer is no chat completion ({where}: {wrong['msg']}): {shown}",
            # Odd gateways answer 200 with a page about their upkeep; asking again may help.
            status=502,
        ) from None
    choice, usage = completion.choices[0], completion.usage or _Usage()
    message = choice.message
    return ChatReply(
        text=message.content,
        tool_calls=tuple(
            ToolCall(call.function.name, call.function.arguments, call.id)
            for call in message.tool_calls or ()
        ),
        refusal=message.refusal,
        finish_reason=choice.finish_reason,
        usage=Usage(usage.prompt_tokens, usage.completion_tokens),
        seconds=seconds,
    )
