"""How to reach a provider, as a worker knows it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from pydantic import JsonValue, TypeAdapter

from evalwright_server.models.errors import IntegrationUnusable

_SHORTEST_SECRET = 4
"""Replacing shorter texts would garble messages and protect nothing."""
_LONG = 24
"""Shorter members of a service account are words such as its type and its project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """An AI integration with its secrets, which `repr` leaves out.

    Attributes:
        id: Its number; integrations with the same number share their limits.
        name: What users call it.
        provider: One of the document's AiIntegrationProvider.
        api_key: The provider's key.
        base_url: Where the provider is, unless at its usual place.
        headers: Sent with each request; as secret as the key.
        auth_type: How the key is sent: `proxy_with_headers` doesn't send it.
        has_functions: Whether its models can call functions and follow schemas.
        provider_metadata: What Bedrock and Vertex AI need.
        concurrency: How many requests may be under way at a time.
        rate: How many may begin in a second; 0 is any number.
        timeout: Seconds to wait for one answer.
    """

    id: int
    name: str
    provider: str
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth_type: str = "default"
    has_functions: bool = True
    provider_metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    concurrency: int = 8
    rate: float = 0.0
    timeout: float = 120.0

    @classmethod
    def from_grant(cls, grant: Mapping[str, JsonValue] | None) -> Self:
        """Read what the server granted with the run.

        Args:
            grant: The members of this class, or an `error` that says why there are none.

        Raises:
            IntegrationUnusable: There is nothing to work with.
        """
        if not grant:
            raise IntegrationUnusable("this worker was not given access to the AI integration")
        if "error" in grant:
            raise IntegrationUnusable(str(grant["error"]))
        return TypeAdapter(cls).validate_python(grant)

    def scrub(self, text: str) -> str:
        """Return a text without this integration's secrets, whoever put them in."""
        secrets = {self.api_key or "", *self.headers.values(), *_members(self.api_key)}
        # As exceptions show them, too.
        forms = secrets | {repr(secret)[1:-1] for secret in secrets}
        for form in sorted(forms, key=len, reverse=True):
            if len(form) >= _SHORTEST_SECRET:
                text = text.replace(form, "***")
        return text

    def check(self) -> None:
        """See to it that the secrets can be sent at all.

        Raises:
            IntegrationUnusable: One can't stand in a header; which one, but not what it is.
        """
        for name, value in {"its API key": self.api_key or "", **self.headers}.items():
            if not (value.isprintable() and value.isascii()):
                raise IntegrationUnusable(
                    f"the AI integration {self.name!r} can't be used: {name} holds characters "
                    "that can't stand in a header, such as a line break; store it again"
                )


def _members(key: str | None) -> list[str]:
    """Return the texts in a key that is a JSON object, such as a service account of Google's."""
    try:
        value = json.loads(key or "")
    except ValueError:
        return []
    members = value.values() if isinstance(value, dict) else ()
    return [member for member in members if isinstance(member, str) and len(member) >= _LONG]
