"""Asking a model: through the gate, again when it helps, not at all when the answer is known."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from typing import Final, NoReturn

from evalwright_server.models.cache import ReplyCache, cache_key
from evalwright_server.models.chat import ChatReply, ChatRequest
from evalwright_server.models.errors import (
    IntegrationUnusable,
    ModelUnavailable,
    ProviderError,
    RequestRefused,
)
from evalwright_server.models.gate import Gate
from evalwright_server.models.integration import Integration
from evalwright_server.models.retry import RetryPolicy, is_passing
from evalwright_server.models.transport import Transport

FAILURES_IN_A_ROW: Final = 10
"""After so many questions without any answer the next one isn't worth asking."""

_NO_ENTRY: Final = frozenset({401})
"""The key is wrong."""
_NOT_HERE: Final = frozenset({403, 404})
"""The key lacks the right, or there is no such model or address; unless the model has answered."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a client takes from the world, so that tests can bring their own.

    Attributes:
        clock: A monotonic clock, in seconds.
        sleep: Waits for so many seconds.
        random: Returns a number from 0 to 1.
        policy: When to ask again.
        cache: Answers there are already, if they are kept.
    """

    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    random: Callable[[], float]
    policy: RetryPolicy
    cache: ReplyCache | None


class ModelClient:
    """Asks the models of one integration.

    Args:
        integration: How they are reached.
        transport: Asks once.
        gate: Shared with whoever else uses the integration in this process.
        surroundings: The rest of the world.
    """

    def __init__(
        self,
        integration: Integration,
        transport: Transport,
        gate: Gate,
        surroundings: Surroundings,
    ) -> None:
        self.integration: Final = integration
        self.transport: Final = transport
        self._gate = gate
        self._world = surroundings
        self._failures_in_a_row = 0
        self._models_that_answered: set[str] = set()

    async def chat(
        self,
        request: ChatRequest,
        *,
        scope: str = "",
        is_fresh: bool = False,
        is_usable: Callable[[ChatReply], bool] = lambda _reply: True,
    ) -> ChatReply:
        """Return a model's answer.

        Args:
            request: The question.
            scope: Who asks, such as an evaluator's version: others' answers aren't reused.
            is_fresh: Ask even if the answer is known.
            is_usable: Which answers are worth keeping.

        Raises:
            RequestRefused: This question gets no answer.
            ModelUnavailable: There was no answer, after all retries.
            IntegrationUnusable: No question will get one.
        """
        cache = self._world.cache
        if cache is None:
            return await self._ask(request)
        key = self._key(request, scope)
        known = None if is_fresh else await cache.get(key)
        if known is not None:
            return replace(known, is_cached=True)
        reply = await self._ask(request)
        if is_usable(reply):
            await cache.put(key, reply)
        return reply

    def _key(self, request: ChatRequest, scope: str) -> str:
        integration = self.integration
        return cache_key(
            {
                "scope": scope,
                "provider": integration.provider,
                "base_url": integration.base_url,
                "metadata": dict(integration.provider_metadata),
                "request": asdict(request),
            }
        )

    async def _ask(self, request: ChatRequest) -> ChatReply:
        attempt = 0
        while True:
            attempt += 1
            try:
                async with self._gate.enter():
                    reply = await self.transport.send(request)
            except ProviderError as error:
                pause = self._world.policy.pause(attempt, error, self._world.random)
                if pause is None:
                    self._give_up(request, error, attempt)
                if error.retry_after is not None:
                    self._gate.hold(pause)
                await self._world.sleep(pause)
            else:
                self._failures_in_a_row = 0
                self._models_that_answered.add(request.model)
                return reply

    def _give_up(self, request: ChatRequest, error: ProviderError, attempts: int) -> NoReturn:
        passes, is_proven = is_passing(error), request.model in self._models_that_answered
        self._failures_in_a_row += passes or not is_proven
        often = f" after {attempts} attempts" if attempts > 1 else ""
        status = "" if error.status is None else f" ({error.status})"
        said = self.integration.scrub(error.message)
        text = f"model {request.model!r} of {self.integration.name!r}: {said}{status}{often}"
        if error.status in _NO_ENTRY or (error.status in _NOT_HERE and not is_proven):
            raise IntegrationUnusable(text) from None
        if error.status == 429 and not passes:
            raise IntegrationUnusable(text) from None
        if self._failures_in_a_row >= FAILURES_IN_A_ROW:
            self._failures_in_a_row = 0
            text = f"{text}; given up after {FAILURES_IN_A_ROW} failures in a row"
            raise IntegrationUnusable(text) from None
        raise (ModelUnavailable if passes else RequestRefused)(text) from None
