"""Where providers that speak OpenAI's protocol are reached, and how each wants to be asked.

Sources: the providers' own pages on OpenAI compatibility, as of November 2026.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from pydantic import JsonValue

from evalwright_server.models.chat import ChatRequest
from evalwright_server.models.errors import IntegrationUnusable
from evalwright_server.models.integration import Integration

BASE_URLS: Final[Mapping[str, str]] = {
    "openAI": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com/v1",
    "gemini": "https://generativelanguage.googleapis.com/v1beta/openai",
    "nvidiaNim": "https://integrate.api.nvidia.com/v1",
}
"""The usual places, for integrations without a `base_url`."""
AZURE_VERSION: Final = "2024-10-21"
"""The API version on Azure, unless `azure_params.azure_openai_version` names another."""
AZURE: Final = "azureOpenAI"
LITELLM_PREFIXES: Final[Mapping[str, str]] = {"awsBedrock": "bedrock", "vertexAI": "vertex_ai"}
"""Providers that litellm reaches, with its names for them."""

_KNOWN: Final = frozenset(
    {"azure_params", "anthropic_headers", "anthropic_version", "bedrock_options", "region"}
)
_Object: TypeAlias = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and how to ask.

    Attributes:
        base_url: What `/chat/completions` is appended to.
        headers: Sent with the request, beside the key.
        query: Sent with the request.
        key_header: The header of the key, where it isn't `Authorization: Bearer`.
    """

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    key_header: str | None = None


def find_endpoint(integration: Integration, request: ChatRequest) -> Endpoint:
    """Return where to send a request.

    Raises:
        IntegrationUnusable: Nobody has said where the provider is.
    """
    build = _BUILDERS.get(integration.provider, _usual)
    return build(integration, request)


def extra_members(request: ChatRequest) -> dict[str, JsonValue]:
    """Return the provider parameters that are members of the request itself."""
    parameters = request.provider_parameters
    return {name: value for name, value in parameters.items() if name not in _KNOWN}


def _usual(integration: Integration, _request: ChatRequest) -> Endpoint:
    base_url = integration.base_url or BASE_URLS.get(integration.provider)
    if base_url is None:
        raise IntegrationUnusable(
            f"the AI integration {integration.name!r} has no base_url, and a provider of the kind "
            f"{integration.provider!r} has no usual address: set base_url to the address that "
            "/chat/completions is appended to"
        )
    return Endpoint(base_url, integration.headers)


def _anthropic(integration: Integration, request: ChatRequest) -> Endpoint:
    headers = dict(integration.headers)
    version = request.provider_parameters.get("anthropic_version")
    if isinstance(version, str):
        headers["anthropic-version"] = version
    beta = _object(request.provider_parameters, "anthropic_headers").get("anthropic_beta")
    if isinstance(beta, list) and beta:
        headers["anthropic-beta"] = ",".join(map(str, beta))
    return Endpoint(_usual(integration, request).base_url, headers)


def _azure(integration: Integration, request: ChatRequest) -> Endpoint:
    """Read Azure's two kinds of address: like everybody's, or with the deployment in it."""
    given = _object(request.provider_parameters, "azure_params")
    place = given.get("azure_openai_endpoint") or integration.base_url
    if not isinstance(place, str):
        raise IntegrationUnusable(
            f"the AI integration {integration.name!r} does not say where its Azure resource is: "
            "set base_url to https://NAME.openai.azure.com"
        )
    place = place.rstrip("/")
    if place.endswith("/v1"):
        return Endpoint(place, integration.headers, key_header="api-key")
    deployment = given.get("azure_deployment_name") or request.model
    return Endpoint(
        f"{place.removesuffix('/openai')}/openai/deployments/{deployment}",
        integration.headers,
        {"api-version": str(given.get("azure_openai_version") or AZURE_VERSION)},
        key_header="api-key",
    )


_BUILDERS: Final[Mapping[str, Callable[[Integration, ChatRequest], Endpoint]]] = {
    "anthropic": _anthropic,
    AZURE: _azure,
}


def _object(parameters: _Object, name: str) -> _Object:
    value = parameters.get(name)
    return value if isinstance(value, dict) else {}
