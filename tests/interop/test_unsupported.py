"""What this server has nothing for is refused, in words that the client shows."""

import pytest
from arize import ArizeClient
from arize._generated.api_client.exceptions import (
    ApiException,
    BadRequestException,
    NotFoundException,
)

from interop import clients
from interop.scenes import Scene, unique

new_only = pytest.mark.skipif(clients.IS_OLD, reason="the old client can't ask for it")


def test_families_that_are_not_there_are_not_found(client: ArizeClient) -> None:
    for family in (client.prompts, client.annotation_configs, client.users):
        with pytest.raises(
            NotFoundException if family is client.prompts else ApiException
        ) as caught:
            family.list()
        assert caught.value.status == 404
        assert "there is nothing at" in caught.value.body


@new_only
def test_traces_and_sessions(scene: Scene) -> None:
    from arize.tasks.types import TaskQueryFilter, TaskQueryFilters

    filters = TaskQueryFilters(filters=[TaskQueryFilter(id="A", filter="a = 1")])
    with pytest.raises(BadRequestException) as caught:
        scene.project_task(query_filters=filters)
    assert "traces and sessions" in caught.value.data.detail
    task = scene.project_task()
    with pytest.raises(BadRequestException):
        scene.client.tasks.update(task=task.id, query_filters=filters)


@new_only
def test_remote_evaluators_and_agents(client: ArizeClient, scene: Scene) -> None:
    with pytest.raises(BadRequestException):
        client.evaluators.create_remote_evaluator(
            name="far",
            space=scene.space.id,
            commit_message="c",
            integration_id="x",
        )
    call = {"experiment_type": "AGENT_CALL", "integration_id": "x", "input_template": {}}
    with pytest.raises(BadRequestException) as caught:
        client.tasks.create_run_experiment_task(
            name="agent", dataset=scene.dataset.id, run_configuration=call
        )
    assert "AGENT_CALL" in caught.value.data.detail


@new_only
def test_settings_of_spaces_and_of_lists(client: ArizeClient, scene: Scene) -> None:
    organization = client.organizations.list().organizations[0]
    with pytest.raises(BadRequestException) as caught:
        client.spaces.create(
            name=unique("hidden"), organization_id=organization.id, is_private=True
        )
    assert "is_private" in caught.value.data.detail
    with pytest.raises(BadRequestException):
        client.spans.list(project=scene.project.id, included_columns=["name"])


@new_only
def test_providers_we_cannot_reach(client: ArizeClient) -> None:
    with pytest.raises(BadRequestException) as caught:
        client.ai_integrations.create(name=unique("new"), provider="TOGETHER_AI")
    assert "openAI" in caught.value.data.detail
