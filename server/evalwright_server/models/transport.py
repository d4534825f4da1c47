"""The seam between asking (once) and everything around it."""

from typing import Protocol

from evalwright_server.models.chat import ChatReply, ChatRequest


class Transport(Protocol):
    """Asks one provider, once per call."""

    async def send(self, request: ChatRequest) -> ChatReply:
        """Return the provider's answer.

        Raises:
            ProviderError: There is none.
            IntegrationUnusable: There is nobody to ask.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
