"""Providers with a protocol of their own, asked through the optional `litellm` library."""

import asyncio
import importlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, Final

from evalwright_server.models.chat import ChatReply, ChatRequest
from evalwright_server.models.completions import read_completion
from evalwright_server.models.errors import IntegrationUnusable, ProviderError
from evalwright_server.models.integration import Integration
from evalwright_server.models.providers import LITELLM_PREFIXES, extra_members
from evalwright_server.models.retry import TIMED_OUT, retry_after

_SHOWN: Final = 500


class LiteLlmTransport:
    """Asks one provider; see `Transport`.

    Args:
        integration: Who is asked.
        clock: A monotonic clock, in seconds.

    Raises:
        IntegrationUnusable: litellm isn't installed.
    """

    def __init__(self, integration: Integration, clock: Callable[[], float]) -> None:
        self._integration = integration
        self._clock = clock
        self._litellm = _import(integration.provider)

    async def send(self, request: ChatRequest) -> ChatReply:
        """Return the provider's answer; see `Transport`."""
        started = self._clock()
        try:
            async with asyncio.timeout(self._integration.timeout):
                completion = await self._litellm.acompletion(
                    model=f"{LITELLM_PREFIXES[self._integration.provider]}/{request.model}",
                    messages=[dict(message) for message in request.messages],
                    num_retries=0,
                    max_retries=0,
                    timeout=self._integration.timeout,
                    **request.parameters,
                    **self._access(request),
                    **extra_members(request),
                )
        except TimeoutError:
            seconds = self._integration.timeout
            raise ProviderError(f"no answer within {seconds:g} s", code=TIMED_OUT) from None
        except Exception as error:
            # litellm has exceptions of its own and lets those of a dozen libraries through.
            raise _failure(error, self._integration) from None
        return read_completion(completion.model_dump(), self._clock() - started)

    async def close(self) -> None:
        """Nothing: litellm keeps its connections to itself."""

    def _access(self, request: ChatRequest) -> dict[str, Any]:
        """Return litellm's arguments for reaching and entering the provider."""
        integration = self._integration
        metadata: Mapping[str, Any] = integration.provider_metadata
        region = request.provider_parameters.get("region")
        if integration.provider == "awsBedrock":
            access = {
                "aws_role_name": metadata.get("role_arn"),
                "aws_external_id": metadata.get("external_id"),
                "aws_session_name": "evalwright",
                "aws_region_name": region,
                "api_key": integration.api_key,
            }
        else:
            access = {
                "vertex_project": metadata.get("project_id"),
                "vertex_location": region or metadata.get("location"),
                "vertex_credentials": integration.api_key,
            }
        access |= {"base_url": integration.base_url, "extra_headers": dict(integration.headers)}
        return {name: value for name, value in access.items() if value}


def _failure(error: Exception, integration: Integration) -> ProviderError:
    status = getattr(error, "status_code", None)
    headers = getattr(getattr(error, "response", None), "headers", None)
    # Before it is cut: half a key would not be recognised.
    said = integration.scrub(str(getattr(error, "message", None) or error)).strip()
    return ProviderError(
        # Behind the first line there may be a traceback.
        said.partition("\n")[0][:_SHOWN] or type(error).__name__,
        status if isinstance(status, int) else 400,
        retry_after(headers or {}, datetime.now(UTC)),
    )


def _import(provider: str) -> ModuleType:
    try:
        litellm = importlib.import_module("litellm")
    except ModuleNotFoundError:
        raise IntegrationUnusable(
            f"models of {provider} are reached through litellm, which isn't installed where the "
            "workers run: install it with pip install 'evalwright[litellm]' and start the server "
            "again"
        ) from None
    # It would print advice to standard output at every error.
    litellm.__dict__["suppress_debug_info"] = True
    return litellm
