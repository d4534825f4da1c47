"""Organizations, spaces, their members, and projects."""

import arize.spaces.types as space_types
import pytest
from arize import ArizeClient
from arize._generated.api_client.exceptions import ConflictException, NotFoundException
from arize.utils.resolve import NotFoundError

from interop import clients
from interop.scenes import Scene, unique


def test_there_is_an_organization_to_start_from(client: ArizeClient) -> None:
    (organization,) = client.organizations.list().organizations
    assert organization.id
    assert organization.description is not None


def test_spaces_live_and_die(client: ArizeClient) -> None:
    organization = client.organizations.list().organizations[0]
    name = unique("team")
    space = client.spaces.create(
        name=name, organization_id=organization.id, description="for tests"
    )
    assert (space.name, space.description) == (name, "for tests")
    assert client.spaces.get(space=name) == space == client.spaces.get(space=space.id)
    assert client.spaces.update(space=name, description="").description == ""
    assert client.spaces.update(space=name, name=f"{name} b").name == f"{name} b"
    found = client.spaces.list(name=name.upper(), limit=1)
    assert [each.id for each in found.spaces] == [space.id]
    assert client.spaces.delete(space=f"{name} b") is None
    with pytest.raises(NotFoundException):
        client.spaces.get(space=space.id)
    with pytest.raises(NotFoundError):
        client.spaces.get(space=name)


def test_a_taken_name_is_a_conflict(client: ArizeClient, scene: Scene) -> None:
    organization = client.organizations.list().organizations[0]
    with pytest.raises(ConflictException) as caught:
        client.spaces.create(name=scene.space.name, organization_id=organization.id)
    assert caught.value.data.status == 409
    with pytest.raises(ConflictException):
        client.projects.create(name="chat", space=scene.space.name)


def test_members_come_and_go(client: ArizeClient, scene: Scene) -> None:
    task = scene.task()
    user_id = task.created_by_user_id
    names = ("member", "read-only") if clients.IS_OLD else ("MEMBER", "READ_ONLY")
    for name in names:
        role = space_types.PredefinedSpaceRole(name=name)
        member = client.spaces.add_user(space=scene.space.id, user_id=user_id, role=role)
        assert (member.user_id, member.space_id) == (user_id, scene.space.id)
        assert member.role.name == name
    assert client.spaces.remove_user(space=scene.space.name, user_id=user_id) is None
    with pytest.raises(NotFoundException):
        client.spaces.remove_user(space=scene.space.id, user_id=user_id)


def test_projects_live_and_die(client: ArizeClient, scene: Scene) -> None:
    space = scene.space
    project = client.projects.create(name="search", space=space.name)
    assert client.projects.get(project="search", space=space.id) == project
    names = [each.name for each in client.projects.list(space=space.name).projects]
    assert set(names) == {"search", "chat"}
    page = client.projects.list(space=space.id, name="SEAR", limit=1)
    assert [each.id for each in page.projects] == [project.id]
    assert page.pagination.has_more is False
    if not clients.IS_OLD:
        renamed = client.projects.update(project=project.id, name="find")
        assert (renamed.id, renamed.name) == (project.id, "find")
    assert client.projects.delete(project=project.id) is None
    with pytest.raises(NotFoundException):
        client.projects.get(project=project.id)
