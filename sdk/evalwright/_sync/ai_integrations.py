# Generated from sdk/evalwright/_async/ai_integrations.py by scripts/unasync.py: do not edit.
"""AI integrations."""

from collections.abc import Iterator, Mapping, Sequence

from evalwright._fields import build
from evalwright._given import given, something
from evalwright._sync.resource import Resource
from evalwright._unset import UNSET, Unset
from evalwright_api import api, models

Metadata = Mapping[str, object] | models.ProviderMetadataInput
"""What some providers need beside a key."""

Scoping = Mapping[str, object] | models.AiIntegrationScopingInput
"""Where an AI integration may be used."""


class AiIntegrationsClient(Resource):
    """Access to language models."""

    def list(
        self,
        *,
        name: str | None = None,
        space: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> models.AiIntegrationList:
        """Get one page of AI integrations, newest first.

        Args:
            name: Only those whose name contains this text, whatever its case.
            space: Only those that this space can use, by name or ID.
            limit: The largest number of rows, 1 to 100.
            cursor: The `pagination.next_cursor` of the page before.
        """
        space_id = self._find.optional_space(space)
        return self._session.send(
            api.ai_integrations.list_ai_integrations(
                name=name, space_id=space_id, limit=limit, cursor=cursor
            )
        )

    def iter(
        self, *, name: str | None = None, space: str | None = None, page_size: int = 100
    ) -> Iterator[models.AiIntegration]:
        """Go through all AI integrations, newest first, reading page by page.

        Args:
            name: Only those whose name contains this text, whatever its case.
            space: Only those that this space can use, by name or ID.
            page_size: How many to read at a time, 1 to 100.
        """
        space_id = self._find.optional_space(space)
        rows = self._iterate(
            lambda cursor: api.ai_integrations.list_ai_integrations(
                name=name, space_id=space_id, limit=page_size, cursor=cursor
            ),
            lambda page: page.ai_integrations,
        )
        yield from rows

    def get(self, *, integration: str, space: str | None = None) -> models.AiIntegration:
        """Get an AI integration by name or ID; its API key is never sent."""
        integration_id = self._find.ai_integration(integration, space)
        return self._session.send(api.ai_integrations.get_ai_integration(integration_id))

    def create(
        self,
        *,
        name: str,
        provider: models.AiIntegrationProvider | str,
        api_key: str | None = None,
        base_url: str | None = None,
        model_names: Sequence[str] | None = None,
        headers: Mapping[str, str] | None = None,
        enable_default_models: bool | None = None,
        function_calling_enabled: bool | None = None,
        auth_type: models.AiIntegrationAuthType | str | None = None,
        provider_metadata: Metadata | None = None,
        scopings: Sequence[Scoping] | None = None,
    ) -> models.AiIntegration:
        """Create an AI integration.

        Args:
            name: Its name, unique.
            provider: Who serves the models.
            api_key: The provider's key; the server stores it encrypted and never sends it back.
            base_url: Where the provider is reached; its public address when None.
            model_names: The models it offers.
            headers: Headers sent with each request.
            enable_default_models: Whether the provider's usual models are offered too.
            function_calling_enabled: Whether the models can call functions.
            auth_type: How requests are authenticated.
            provider_metadata: What awsBedrock and vertexAI need beside a key.
            scopings: Where it may be used; everywhere when None.
        """
        members = given(
            name=name,
            provider=provider,
            api_key=api_key,
            base_url=base_url,
            model_names=model_names,
            headers=headers,
            enable_default_models=enable_default_models,
            function_calling_enabled=function_calling_enabled,
            auth_type=auth_type,
            provider_metadata=provider_metadata,
            scopings=scopings,
        )
        body = build(models.CreateAiIntegrationRequest, members)
        return self._session.send(api.ai_integrations.create_ai_integration(body=body))

    def update(
        self,
        *,
        integration: str,
        space: str | None = None,
        name: str | Unset = UNSET,
        provider: models.AiIntegrationProvider | str | Unset = UNSET,
        api_key: str | Unset | None = UNSET,
        base_url: str | Unset | None = UNSET,
        model_names: Sequence[str] | Unset = UNSET,
        headers: Mapping[str, str] | Unset | None = UNSET,
        enable_default_models: bool | Unset = UNSET,
        function_calling_enabled: bool | Unset = UNSET,
        auth_type: models.AiIntegrationAuthType | str | Unset = UNSET,
        provider_metadata: Metadata | Unset | None = UNSET,
        scopings: Sequence[Scoping] | Unset = UNSET,
    ) -> models.AiIntegration:
        """Change an AI integration; what is not passed stays as it is, None removes.

        Args:
            integration: The AI integration, by name or ID.
            space: Where the name is looked up.
            name: A new name.
            provider: Who serves the models.
            api_key: A new key.
            base_url: A new address.
            model_names: All models it offers.
            headers: All headers sent with each request.
            enable_default_models: Whether the provider's usual models are offered too.
            function_calling_enabled: Whether the models can call functions.
            auth_type: How requests are authenticated.
            provider_metadata: What awsBedrock and vertexAI need beside a key.
            scopings: Everywhere it may be used.
        """
        changes = something(
            name=name,
            provider=provider,
            api_key=api_key,
            base_url=base_url,
            model_names=model_names,
            headers=headers,
            enable_default_models=enable_default_models,
            function_calling_enabled=function_calling_enabled,
            auth_type=auth_type,
            provider_metadata=provider_metadata,
            scopings=scopings,
        )
        body = build(models.UpdateAiIntegrationRequest, changes)
        found = self._find.ai_integration(integration, space)
        return self._session.send(api.ai_integrations.update_ai_integration(found, body=body))

    def delete(self, *, integration: str, space: str | None = None) -> None:
        """Delete an AI integration by name or ID."""
        integration_id = self._find.ai_integration(integration, space)
        self._session.send(api.ai_integrations.delete_ai_integration(integration_id))
