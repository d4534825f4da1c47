"""All models that a worker process can reach, and what their users share."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from evalwright_server.models.cache import ReplyCache
from evalwright_server.models.client import ModelClient, Surroundings
from evalwright_server.models.gate import Gate
from evalwright_server.models.integration import Integration
from evalwright_server.models.litellm_transport import LiteLlmTransport
from evalwright_server.models.providers import LITELLM_PREFIXES
from evalwright_server.models.retry import RetryPolicy
from evalwright_server.models.transport import Transport

CACHE_VARIABLE: Final = "EVALWRIGHT_MODEL_CACHE"
"""Names the file that answers are cached in; empty or `0` caches none."""


class Models:
    """Makes clients; those of one integration share its limits. Use it within `open`."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._world = surroundings
        self._gates: dict[int, Gate] = {}
        self._clients: dict[int, ModelClient] = {}
        self._transports: list[Transport] = []

    @classmethod
    @asynccontextmanager
    async def open(
        cls, cache: Path | None = None, policy: RetryPolicy | None = None
    ) -> AsyncIterator["Models"]:
        """Provide models while the context lasts.

        Args:
            cache: The file that answers are cached in; none are when None.
            policy: When to ask again.
        """
        replies = None if cache is None else ReplyCache(cache)
        models = cls(
            Surroundings(
                clock=time.monotonic,
                sleep=asyncio.sleep,
                random=random.random,
                policy=policy or RetryPolicy(),
                cache=replies,
            )
        )
        try:
            yield models
        finally:
            await models.close()
            if replies is not None:
                replies.close()

    def client(self, integration: Integration) -> ModelClient:
        """Return the client of an integration, a new one if anything about it has changed.

        Raises:
            IntegrationUnusable: It can't be reached from here at all.
        """
        known = self._clients.get(integration.id)
        if known is not None and known.integration == integration:
            return known
        integration.check()
        transport = self._transport(integration)
        self._transports.append(transport)
        gate = self._gate(integration)
        client = ModelClient(integration, transport, gate, self._world)
        self._clients[integration.id] = client
        return client

    async def forget(self, integration_id: int) -> None:
        """Let go of an integration's client, its limits and its secrets."""
        client = self._clients.pop(integration_id, None)
        self._gates.pop(integration_id, None)
        if client is not None:
            self._transports.remove(client.transport)
            await client.transport.close()

    def _gate(self, integration: Integration) -> Gate:
        limits = (integration.concurrency, integration.rate)
        gate = self._gates.get(integration.id)
        if gate is None or gate.limits != limits:
            gate = Gate(*limits, clock=self._world.clock, sleep=self._world.sleep)
            self._gates[integration.id] = gate
        return gate

    def _transport(self, integration: Integration) -> Transport:
        if integration.provider in LITELLM_PREFIXES:
            return LiteLlmTransport(integration, self._world.clock)
        # Importing the library takes the better part of a second, which most workers never need.
        from evalwright_server.models.openai_transport import OpenAITransport  # noqa: PLC0415

        return OpenAITransport(integration, self._world.clock)

    async def close(self) -> None:
        """Let go of all connections."""
        for transport in self._transports:
            await transport.close()


def cache_path(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the file that the environment names for cached answers, or None."""
    value = environment.get(CACHE_VARIABLE, "")
    return None if value in {"", "0"} else Path(value)
