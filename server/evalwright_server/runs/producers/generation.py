"""Outputs that a model gives to a prompt: `llm_generation`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self, cast

import orjson
from pydantic import JsonValue

from evalwright_server.evaluators.results import TOO_DEEP, EvaluationError, storable
from evalwright_server.evaluators.rows import as_text, bind
from evalwright_server.models import (
    ChatReply,
    ChatRequest,
    IntegrationUnusable,
    ModelClient,
    ModelError,
    Template,
    TemplateFormat,
)
from evalwright_server.models.chat import Message, request_members
from evalwright_server.runs.experiment_payload import Production
from evalwright_server.runs.producers.producer import measures

_MOST_CHARACTERS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages of a prompt.

    Attributes:
        messages: What doesn't change about them.
        contents: The templates of their contents, where there are any.
    """

    messages: Sequence[Message]
    contents: Sequence[Template | None]

    @classmethod
    def parse(cls, configuration: Mapping[str, JsonValue]) -> Self:
        """Read the messages of an LlmGenerationRunConfig.

        Raises:
            TemplateError: One of them uses what isn't supported.
        """
        messages = cast("Sequence[Message]", configuration["messages"])
        form = TemplateFormat(str(configuration["input_variable_format"]))
        contents = [
            Template.parse(content, form)
            if isinstance(content := message.get("content"), str)
            else None
            for message in messages
        ]
        return cls(messages, contents)

    @property
    def variables(self) -> tuple[str, ...]:
        """The columns that the prompt reads, each once."""
        names = (name for content in self.contents if content for name in content.variables)
        return tuple(dict.fromkeys(names))

    def render(self, texts: Mapping[str, str]) -> list[Message]:
        """Return the messages with columns in the place of placeholders."""
        return [
            message if content is None else {**message, "content": content.render(texts)}
            for message, content in zip(self.messages, self.contents, strict=True)
        ]


class GenerationProducer:
    """Has a model answer a prompt filled with each example; see `Producer`.

    Args:
        configuration: An LlmGenerationRunConfig of the document.
        model: The model.
        client: How it is reached.
    """

    def __init__(
        self, configuration: Mapping[str, JsonValue], model: str, client: ModelClient
    ) -> None:
        self.at_once = client.integration.concurrency
        self._prompt = Prompt.parse(configuration)
        self._model = model
        self._client = client
        self._parameters = request_members(
            _object(configuration, "invocation_parameters"), _object(configuration, "tool_config")
        )
        self._provider_parameters = _object(configuration, "provider_parameters")

    async def produce(self, columns: Mapping[str, JsonValue]) -> Production:
        """Return what the model answers; see `Producer`."""
        values = bind(self._prompt.variables, None, columns)
        if isinstance(values, EvaluationError):
            return Production(None, values.message)
        try:
            texts = {name: as_text(value) for name, value in values.items()}
        except RecursionError:
            return Production(None, TOO_DEEP)
        messages = self._prompt.render(texts)
        request = ChatRequest(self._model, messages, self._parameters, self._provider_parameters)
        try:
            reply = await self._client.chat(request, scope="run_experiment", is_usable=_is_usable)
        except IntegrationUnusable:
            raise
        except ModelError as error:
            return Production(None, storable(str(error)))
        return self._production(reply)

    def _production(self, reply: ChatReply) -> Production:
        columns = {
            **measures(reply.usage, reply.seconds),
            "model_name": self._model,
            "is_cached": reply.is_cached,
        }
        if reply.tool_calls:
            calls = [
                {"id": call.id, "name": call.name, "arguments": storable(call.arguments)}
                for call in reply.tool_calls
            ]
            columns["tool_calls"] = cast("JsonValue", calls)
        if reply.finish_reason not in {None, "stop", "tool_calls"}:
            columns["finish_reason"] = reply.finish_reason
        if reply.text:
            return Production(storable(reply.text, _MOST_CHARACTERS), None, columns)
        if reply.tool_calls:
            return Production(orjson.dumps(columns["tool_calls"]).decode(), None, columns)
        return Production(None, _silence(reply), columns)


def _is_usable(reply: ChatReply) -> bool:
    return bool(reply.text or reply.tool_calls)


def _silence(reply: ChatReply) -> str:
    """Say why an answer is empty."""
    if reply.refusal:
        return storable(f"The model refused to answer: {reply.refusal}")
    if reply.finish_reason == "length":
        return "The model used up its tokens before it said anything: allow more with max_tokens."
    if reply.finish_reason == "content_filter":
        return "The provider's content filter kept the model's answer back."
    return "The model's answer was empty."


def _object(configuration: Mapping[str, JsonValue], name: str) -> Mapping[str, JsonValue]:
    value = configuration.get(name)
    return value if isinstance(value, dict) else {}
