"""Evaluators that ask a language model."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from evalwright_server.evaluators.answers import AnswerMode, MalformedAnswer, spoken
from evalwright_server.evaluators.results import (
    TOO_DEEP,
    EvaluationError,
    EvaluationResult,
    Outcome,
    storable,
)
from evalwright_server.evaluators.rows import Row, as_text, bind
from evalwright_server.evaluators.template_config import TemplateConfig, parse_template_config
from evalwright_server.models import (
    ChatReply,
    ChatRequest,
    IntegrationUnusable,
    ModelClient,
    ModelError,
    Usage,
)
from evalwright_server.models.chat import Message, request_members

_FILTERED: Final = "content_filter"
_CUT_OFF: Final = "length"


class TemplateEvaluator:
    """Fills a template with each row and has a model judge it.

    A malformed answer is shown to the model once, with what is wrong with it.

    Attributes:
        name: Name of the evaluation column.
        at_once: How many rows it makes sense to judge at a time.
    """

    def __init__(
        self,
        config: TemplateConfig,
        client: ModelClient,
        *,
        column_mappings: Mapping[str, str] | None,
        scope: str,
        is_fresh: bool = False,
    ) -> None:
        """Keep what is needed.

        Args:
            config: What to ask; checked before.
            client: Who is asked.
            column_mappings: The column of a variable, where it is not of the same name.
            scope: Whose answers may be used again: those to the same version of this evaluator.
            is_fresh: Ask again what has been asked before.
        """
        self.name = config.name
        self.at_once: Final = client.integration.concurrency
        self._config = config
        self._client = client
        self._column_mappings = column_mappings
        self._scope = scope
        self._is_fresh = is_fresh
        self._mode, self._parameters = _arrange(config, client.integration.has_functions)

    async def evaluate(self, rows: Sequence[Row]) -> list[Outcome]:
        """Judge rows; see `Evaluator`.

        Raises:
            IntegrationUnusable: The model can't be reached, whatever is asked.
        """
        outcomes: dict[int, Outcome] = {}
        places = iter(range(len(rows)))

        async def work() -> None:
            for place in places:
                outcomes[place] = await self._judge(rows[place])

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self.at_once, len(rows))):
                group.create_task(work())
        return [outcomes[place] for place in range(len(rows))]

    async def _judge(self, row: Row) -> Outcome:
        template = self._config.parsed
        values = bind(template.variables, self._column_mappings, row)
        if isinstance(values, EvaluationError):
            return values
        try:
            texts = {name: as_text(value) for name, value in values.items()}
        except RecursionError:
            return EvaluationError(TOO_DEEP)
        instruction = self._config.form.instruction(self._mode)
        prompt = template.render(texts)
        return await self._ask(f"{prompt}\n\n{instruction}" if instruction else prompt)

    async def _ask(self, prompt: str) -> Outcome:
        messages: list[Message] = [{"role": "user", "content": prompt}]
        usage = Usage()
        wrong = ""
        for _ in range(2):
            try:
                reply = await self._chat(messages)
            except IntegrationUnusable:
                raise
            except ModelError as error:
                return EvaluationError(storable(str(error)), usage)
            usage += reply.usage
            try:
                result = self._read(reply)
            except _NoAnswer as error:
                return EvaluationError(storable(str(error)), usage)
            except MalformedAnswer as error:
                wrong = str(error)
                messages += _correction(reply, wrong, self._config.form.instruction(self._mode))
            else:
                return EvaluationResult(result.score, result.label, result.explanation, usage)
        return EvaluationError(
            f"The model's answer could not be used, and neither could its second one. {wrong}",
            usage,
        )

    async def _chat(self, messages: Sequence[Message]) -> ChatReply:
        llm = self._config.llm_config
        request = ChatRequest(llm.model_name, messages, self._parameters, llm.provider_parameters)
        return await self._client.chat(
            request, scope=self._scope, is_fresh=self._is_fresh, is_usable=self._is_usable
        )

    def _is_usable(self, reply: ChatReply) -> bool:
        try:
            self._read(reply)
        except (MalformedAnswer, _NoAnswer):
            return False
        return True

    def _read(self, reply: ChatReply) -> EvaluationResult:
        if reply.refusal:
            raise _NoAnswer(f"The model refused to judge: {reply.refusal}")
        if reply.finish_reason == _FILTERED:
            raise _NoAnswer("The provider's content filter kept the model's answer back.")
        try:
            return self._config.form.read(reply)
        except MalformedAnswer as error:
            if reply.finish_reason == _CUT_OFF:
                raise MalformedAnswer(
                    f"{error} It was cut off: allow more tokens with max_tokens."
                ) from None
            raise


def build_template_evaluator(
    config: Mapping[str, JsonValue],
    client: ModelClient,
    *,
    column_mappings: Mapping[str, str] | None,
    scope: str,
    is_fresh: bool = False,
) -> TemplateEvaluator:
    """Make an evaluator; the arguments are those of `TemplateEvaluator`.

    Raises:
        ValueError: The configuration can't work; lists everything wrong with it.
    """
    return TemplateEvaluator(
        parse_template_config(config),
        client,
        column_mappings=column_mappings,
        scope=scope,
        is_fresh=is_fresh,
    )


class _NoAnswer(Exception):
    """The model won't answer; asking again would be no use."""


def _arrange(
    config: TemplateConfig, has_functions: bool
) -> tuple[AnswerMode, dict[str, JsonValue]]:
    """Return how the model is kept to the form, and the request's parameters.

    Tools of the configuration are left out, since a judge has nothing to call. A response_format of
    its own goes before ours, as only its author knows what the model takes.
    """
    given = {
        name: value
        for name, value in config.llm_config.invocation_parameters.items()
        if name != "tool_config"
    }
    parameters = request_members(given)
    if not has_functions or "response_format" in parameters:
        return AnswerMode.TEXT, parameters
    mode = AnswerMode.SCHEMA if config.use_structured_output else AnswerMode.TEXT
    if config.use_function_calling_if_available:
        mode = AnswerMode.FUNCTION
    return mode, parameters | config.form.members(mode)


def _correction(reply: ChatReply, wrong: str, instruction: str) -> list[Message]:
    """Return the messages that ask a model to repair its answer."""
    text = spoken(reply)
    said: list[Message] = [{"role": "assistant", "content": text}] if text.strip() else []
    return [*said, {"role": "user", "content": f"{wrong} {instruction or 'Answer again.'}"}]
