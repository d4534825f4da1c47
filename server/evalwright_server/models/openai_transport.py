"""Providers that speak OpenAI's protocol, asked with the `openai` library.

Its retries are off, and it follows no redirects: those would carry keys to other hosts.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import httpx2
from openai import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncOpenAI,
    DefaultAsyncHttpxClient,
    Omit,
    OpenAIError,
)

from evalwright_server.models.chat import ChatReply, ChatRequest
from evalwright_server.models.completions import read_completion
from evalwright_server.models.errors import ProviderError
from evalwright_server.models.integration import Integration
from evalwright_server.models.providers import Endpoint, extra_members, find_endpoint
from evalwright_server.models.retry import TIMED_OUT, retry_after

_HEADERS_ONLY: Final = "proxy_with_headers"
_CONNECTIONS: Final = httpx2.Limits(max_connections=None, max_keepalive_connections=32)
_SHOWN: Final = 500


class OpenAITransport:
    """Asks one provider; see `Transport`.

    Args:
        integration: Who is asked.
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, integration: Integration, clock: Callable[[], float]) -> None:
        self._integration = integration
        self._clock = clock
        self._http = DefaultAsyncHttpxClient(
            follow_redirects=False, timeout=integration.timeout, limits=_CONNECTIONS
        )
        # Empty instead of left out: the library would look for them in the environment.
        self._client = AsyncOpenAI(
            api_key=integration.api_key or "",
            admin_api_key="",
            base_url="http://provider.invalid",
            max_retries=0,
            http_client=self._http,
            _enforce_credentials=False,
        )

    async def send(self, request: ChatRequest) -> ChatReply:
        """Return the provider's answer; see `Transport`."""
        endpoint = find_endpoint(self._integration, request)
        started = self._clock()
        try:
            response = await self._client.post(
                f"{endpoint.base_url.rstrip('/')}/chat/completions",
                cast_to=httpx2.Response,
                body={
                    "model": request.model,
                    "messages": list(request.messages),
                    **request.parameters,
                    **extra_members(request),
                },
                options={"headers": self._headers(endpoint), "params": dict(endpoint.query)},
            )
            return read_completion(response.content, self._clock() - started)
        except APIStatusError as error:
            raise _answered(error, self._integration) from None
        except APITimeoutError:
            seconds = self._integration.timeout
            raise ProviderError(
                f"no answer from {endpoint.base_url} within {seconds:g} s", code=TIMED_OUT
            ) from None
        except APIConnectionError as error:
            raise ProviderError(f"{endpoint.base_url} can't be reached: {_root(error)}") from None
        except (OpenAIError, httpx2.HTTPError, ValueError, TypeError) as error:
            # Such as a key that can't stand in a header. Asking again wouldn't help.
            raise ProviderError(f"the request can't be sent: {error}", status=400) from None

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    def _headers(self, endpoint: Endpoint) -> dict[str, str | Omit]:
        key, given = self._integration.api_key, dict(endpoint.headers)
        headers: dict[str, str | Omit] = {
            "OpenAI-Organization": Omit(),
            "OpenAI-Project": Omit(),
            **given,
        }
        sends_key = bool(key) and self._integration.auth_type != _HEADERS_ONLY
        if sends_key and key and endpoint.key_header:
            headers.setdefault(endpoint.key_header, key)
        is_bearer = sends_key and not endpoint.key_header
        if not is_bearer and "authorization" not in {name.lower() for name in given}:
            headers["Authorization"] = Omit()
        return headers


def _answered(error: APIStatusError, integration: Integration) -> ProviderError:
    body = error.body if isinstance(error.body, dict) else {}
    said = body.get("message")
    if not isinstance(said, str) or not said:
        said = error.response.text
    # Before it is cut: half a key would not be recognised.
    said = integration.scrub(said)
    return ProviderError(
        " ".join(said[:_SHOWN].split()) or error.response.reason_phrase or "no explanation",
        status=error.status_code,
        retry_after=retry_after(error.response.headers, datetime.now(UTC)),
        code=error.code or error.type,
    )


def _root(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__
