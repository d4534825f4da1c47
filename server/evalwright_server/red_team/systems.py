"""The systems that are attacked: one behind a URL, or a model with instructions."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from evalwright_server.models import (
    ChatReply,
    ChatRequest,
    IntegrationUnusable,
    ModelClient,
    ModelError,
)
from evalwright_server.models.chat import Message
from evalwright_server.red_team.attacks import Attack
from evalwright_server.red_team.exchange import NoReply, RequestTemplate, find_answer
from evalwright_server.webhooks.destination import Destination, DestinationRefused
from evalwright_server.webhooks.posting import Poster, PostFailed, Reply

PRIVATE_TARGETS_VARIABLE: Final = "EVALWRIGHT_ALLOW_PRIVATE_TARGETS"
"""The environment variable that lets red teams attack systems at addresses that are not public."""
ANSWER_BYTES: Final = 4 * 1024 * 1024
"""The longest body of an answer."""
ATTEMPTS: Final = 3
"""How often a system is asked that is busy."""
PATIENCE: Final = 30.0
"""The longest pause in seconds that a busy system may ask for."""
_BUSY: Final = frozenset({429, 503})
_SHOWN: Final = 200


class SystemUnusable(Exception):
    """No attack will get an answer; the text says why."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a system answered, and how many tokens that took where it is a model."""

    text: str
    tokens: int = 0


class System(Protocol):
    """Answers attacks.

    Attributes:
        at_once: How many at a time.
        plants_secrets: Whether the secrets that attacks are after are in its instructions.
    """

    at_once: int
    plants_secrets: bool

    async def answer(self, attack: Attack) -> Said:
        """Return what a system answers.

        Raises:
            NoReply: This attack has no answer.
            SystemUnusable: None will have one.
        """
        ...


class HttpSystem:
    """A system that takes a POST with JSON; see `System`.

    Args:
        url: Where it is.
        headers: Header fields for it.
        template: What to send.
        response_key: Where the answer is in what comes back.
        poster: Sends it, to where it may go.
        at_once: How many attacks at a time.
        sleep: Waits for so many seconds.

    Raises:
        SystemUnusable: The URL is none.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        template: RequestTemplate,
        response_key: str | None,
        poster: Poster,
        at_once: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        try:
            self._destination = Destination.parse(url)
        except ValueError as error:
            raise SystemUnusable(f"the target's URL can't be used: {error}") from None
        given = {n: value for n, value in headers.items() if n.lower() != "content-type"}
        self._headers = {"Content-Type": "application/json", "Accept": "*/*", **given}
        self._template = template
        self._response_key = response_key
        self._poster = poster
        self._sleep = sleep
        self.at_once = at_once
        self.plants_secrets = False

    async def answer(self, attack: Attack) -> Said:
        """Send an attack; see `System`."""
        reply = await self._ask(self._template.fill(attack.prompt))
        if not 200 <= reply.status < 300:
            said = " ".join(reply.body.decode(errors="replace")[:_SHOWN].split())
            raise NoReply(f"the system answered with status {reply.status}: {said}")
        return Said(find_answer(reply.body, self._response_key))

    async def _ask(self, body: bytes) -> Reply:
        for attempt in range(1, ATTEMPTS):
            reply = await self._post(body)
            if reply.status not in _BUSY:
                return reply
            await self._sleep(_pause(reply, attempt))
        return await self._post(body)

    async def _post(self, body: bytes) -> Reply:
        try:
            return await self._poster.post(self._destination, self._headers, body)
        except PostFailed as error:
            raise NoReply(str(error)) from None
        except DestinationRefused:
            raise SystemUnusable(
                f"{self._destination.host} is not out on the public internet; an operator who "
                f"wants systems there to be attacked sets {PRIVATE_TARGETS_VARIABLE}=1"
            ) from None


def _pause(reply: Reply, attempt: int) -> float:
    """Return how long a busy system wants to be left alone."""
    try:
        wanted = float(reply.headers.get("retry-after", ""))
    except ValueError:
        wanted = float(attempt)
    return min(max(wanted, 0.0), PATIENCE)


class ModelSystem:
    """A model with instructions; see `System`.

    Args:
        client: Reaches it.
        model: Its name.
        system_prompt: Its instructions; None for none.
        at_once: How many attacks at a time.
    """

    def __init__(
        self, client: ModelClient, model: str, system_prompt: str | None, at_once: int
    ) -> None:
        self._client = client
        self._model = model
        self._system_prompt = system_prompt
        self.at_once = min(at_once, client.integration.concurrency)
        self.plants_secrets = True

    async def answer(self, attack: Attack) -> Said:
        """Ask the model, with a secret in its instructions where the attack is after one."""
        instructions = attack.instructions(self._system_prompt or "")
        messages: list[Message] = [{"role": "user", "content": attack.prompt}]
        if instructions:
            messages.insert(0, {"role": "system", "content": instructions})
        request = ChatRequest(self._model, messages, {})
        try:
            reply = await self._client.chat(request, is_fresh=True, is_usable=_is_not_kept)
        except IntegrationUnusable as error:
            raise SystemUnusable(str(error)) from None
        except ModelError as error:
            raise NoReply(str(error)) from None
        return Said(reply.text or reply.refusal or "", reply.usage.total_tokens or 0)


def _is_not_kept(_reply: ChatReply) -> bool:
    return False
