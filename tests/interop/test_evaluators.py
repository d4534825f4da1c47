"""Evaluators and their versions, and the AI integrations that template evaluators use."""

from typing import Any

import pytest
from arize import ArizeClient
from arize._generated import api_client as generated
from arize._generated.api_client.exceptions import (
    BadRequestException,
    ConflictException,
    NotFoundException,
)

from interop import clients
from interop.clients import word
from interop.scenes import Scene, unique


@pytest.fixture
def integration(client: ArizeClient) -> Any:
    """An AI integration nobody calls."""
    return client.ai_integrations.create(
        name=unique("models"),
        provider="openAI" if clients.IS_OLD else "OPEN_AI",
        api_key="secret",
        base_url="http://127.0.0.1:9/v1",
        model_names=["judge", "writer"],
        headers={"X-Team": "tests"},
    )


def code_of(version: Any) -> Any:
    """The code configuration of a version, whose wrappers only the old client leaves."""
    if not clients.IS_OLD:
        return version.code_config
    return version.actual_instance.code_config.actual_instance


def test_code_evaluators_come_back_whole(client: ArizeClient, scene: Scene) -> None:
    found = client.evaluators.get(evaluator="exact", space=scene.space.name)
    assert found == client.evaluators.get(evaluator=scene.evaluator.id)
    assert found.type == word("code")
    config = code_of(found.version)
    assert config.type == word("managed")
    assert config.managed_evaluator == ("ExactMatch" if clients.IS_OLD else "EXACT_MATCH")
    assert config.variables == ["output", "expected"]


def test_custom_code_comes_back_whole(client: ArizeClient, scene: Scene) -> None:
    code = "def evaluate(output):\n    return len(output)\n"
    made = client.evaluators.create_code_evaluator(
        name="length",
        space=scene.space.name,
        commit_message="first",
        code_config=clients.custom_code(code, ["output"], name="length"),
        description="counts",
    )
    assert (made.description, code_of(made.version).code) == ("counts", code)
    task = scene.task(evaluators=[clients.applied(made.id)])
    run = client.tasks.trigger_run(task=task.id)
    ended = client.tasks.wait_for_run(run_id=run.id, poll_interval=0.2, timeout=60)
    assert (ended.status, ended.num_successes) == (word("completed"), 3)


def test_template_evaluators_come_back_whole(
    client: ArizeClient, scene: Scene, integration: Any
) -> None:
    config = clients.template(integration.id)
    made = client.evaluators.create_template_evaluator(
        name="judge", space=scene.space.id, commit_message="first", template_config=config
    )
    assert made.type == word("template")
    version = made.version.actual_instance if clients.IS_OLD else made.version
    assert version.template_config.to_dict() == config.to_dict()
    again = client.evaluators.create_template_version(
        evaluator=made.id,
        commit_message="second",
        template_config=clients.template(integration.id, template="{output}?"),
    )
    again = again.actual_instance if clients.IS_OLD else again
    assert again.template_config.template == "{output}?"


def test_versions_are_kept(client: ArizeClient, scene: Scene) -> None:
    evaluators, key = client.evaluators, scene.evaluator.id
    added = evaluators.create_code_version(
        evaluator="exact",
        space=scene.space.name,
        commit_message="second",
        code_config=clients.exact_match("again"),
    )
    page = evaluators.list_versions(evaluator=key, limit=1)
    bare = [each.actual_instance if clients.IS_OLD else each for each in page.evaluator_versions]
    assert [each.commit_message for each in bare] == ["second"]
    assert page.pagination.has_more is True
    assert code_of(evaluators.get(evaluator=key).version).name == "again"
    rest = evaluators.list_versions(evaluator=key, cursor=page.pagination.next_cursor)
    (first,) = (
        each.actual_instance if clients.IS_OLD else each for each in rest.evaluator_versions
    )
    assert code_of(evaluators.get(evaluator=key, version_id=first.id).version).name == "exact"
    assert evaluators.get_version(version_id=bare[0].id) == added
    if not clients.IS_OLD:
        deleted = evaluators.delete_versions(evaluator=key, version_ids=[first.id])
        assert deleted.deleted_version_ids == [first.id]


def test_renaming_keeps_the_description(client: ArizeClient, scene: Scene) -> None:
    """Old clients send null for the description nobody mentioned."""
    update = client.evaluators.update
    assert update(evaluator=scene.evaluator.id, description="compares").description == "compares"
    renamed = update(evaluator="exact", space=scene.space.name, name="same")
    assert (renamed.name, renamed.description) == ("same", "compares")
    assert update(evaluator=scene.evaluator.id, description=None).description is None


def test_evaluators_are_listed_and_deleted(client: ArizeClient, scene: Scene) -> None:
    page = client.evaluators.list(space=scene.space.name, name="EXA", limit=1)
    assert [each.id for each in page.evaluators] == [scene.evaluator.id]
    with pytest.raises(ConflictException):
        client.evaluators.create_code_evaluator(
            name="exact",
            space=scene.space.id,
            commit_message="c",
            code_config=clients.exact_match(),
        )
    client.evaluators.delete(evaluator="exact", space=scene.space.name)
    with pytest.raises(NotFoundException):
        client.evaluators.get(evaluator=scene.evaluator.id)


def test_configurations_that_cannot_work_are_refused(client: ArizeClient, scene: Scene) -> None:
    with pytest.raises(BadRequestException) as caught:
        client.evaluators.create_code_evaluator(
            name="broken",
            space=scene.space.id,
            commit_message="c",
            code_config=clients.custom_code("def evaluate(:", ["output"]),
        )
    assert "code" in caught.value.data.detail


def test_ai_integrations_keep_their_key_to_themselves(
    client: ArizeClient, integration: Any
) -> None:
    found = client.ai_integrations.get(integration=integration.id)
    assert found == integration
    assert found.has_api_key is True
    assert "secret" not in found.model_dump_json()
    assert found.provider == ("openAI" if clients.IS_OLD else "OPEN_AI")
    assert found.auth_type == word("default")
    assert (found.model_names, found.headers) == (["judge", "writer"], {"X-Team": "tests"})
    assert found.created_by_user_id


def test_ai_integrations_change_and_go(client: ArizeClient, integration: Any) -> None:
    update, key = client.ai_integrations.update, integration.id
    assert update(integration=key, api_key=None).has_api_key is False
    changed = update(integration=key, base_url=None, headers=None, model_names=["one"])
    assert (changed.base_url, changed.headers, changed.model_names) == (None, None, ["one"])
    aws = {"kind": word("aws"), "role_arn": "arn:aws:iam::1:role/x"}
    kind = (
        generated.AwsProviderMetadata if clients.IS_OLD else (generated.AwsProviderMetadataRequest)
    )
    changed = update(
        integration=key,
        provider="awsBedrock" if clients.IS_OLD else "AWS_BEDROCK",
        provider_metadata=kind.from_dict(aws),
    )
    assert changed.provider_metadata.actual_instance.role_arn == aws["role_arn"]
    with pytest.raises(BadRequestException):
        update(integration=key)
    listed = client.ai_integrations.list(name=integration.name, limit=1).ai_integrations
    assert [each.id for each in listed] == [key]
    client.ai_integrations.delete(integration=key)
    with pytest.raises(NotFoundException):
        client.ai_integrations.get(integration=key)
