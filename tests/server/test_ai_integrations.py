"""AI integrations: secrets stay secret, and where one may be used is kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures_server import RunningServer
from server.client import Api, at

Unique = Callable[[str], str]
SECRET = "sk-do-not-tell-anyone"


def make(api: Api, unique: Unique, **members: object) -> dict[str, object]:
    body = {"name": unique("integration"), "provider": "openAI", **members}
    made: dict[str, object] = api.make("/v2/ai-integrations", body)
    return made


def path_of(integration: dict[str, object]) -> str:
    return at("/v2/ai-integrations/{}", str(integration["id"]))


def test_defaults_are_filled_in(api: Api, unique: Unique) -> None:
    made = make(api, unique)
    assert made["has_api_key"] is False
    assert made["auth_type"] == "default"
    assert (made["enable_default_models"], made["function_calling_enabled"]) == (False, True)
    assert (made["scopings"], made["model_names"], made["headers"]) == ([], None, None)
    assert made["created_by_user_id"]


def test_the_key_is_never_returned_and_never_stored_in_clear(
    api: Api, unique: Unique, running_server: RunningServer
) -> None:
    made = make(api, unique, api_key=SECRET, headers={"X-Token": f"{SECRET}-too"})
    assert made["has_api_key"] is True
    assert made["headers"] == {"X-Token": f"{SECRET}-too"}
    assert SECRET not in str({name: made[name] for name in made if name != "headers"})
    files = [path for path in running_server.settings.data.iterdir() if path.is_file()]
    assert any(path.name.startswith("evalwright.db") for path in files)
    assert not any(SECRET.encode() in path.read_bytes() for path in files)


def test_only_the_owner_may_read_the_key_that_seals(running_server: RunningServer) -> None:
    assert (running_server.settings.data / "secret.key").stat().st_mode & 0o777 == 0o600


def test_null_removes_and_absence_keeps(api: Api, unique: Unique) -> None:
    made = make(api, unique, api_key=SECRET, base_url="https://models.example", headers={"a": "b"})
    path = path_of(made)
    kept = api.patch(path, {"model_names": ["m"]}).body
    assert (kept["has_api_key"], kept["base_url"], kept["headers"]) == (
        True,
        "https://models.example",
        {"a": "b"},
    )
    cleared = api.patch(path, {"api_key": None, "base_url": None, "headers": None}).body
    assert (cleared["has_api_key"], cleared["base_url"], cleared["headers"]) == (False, None, None)
    assert api.patch(path, {}).status == 400


def test_old_and_new_spellings_are_the_same_provider(api: Api, unique: Unique) -> None:
    for spelling in ("azureOpenAI", "AZURE_OPEN_AI", "azureopenai"):
        assert make(api, unique, provider=spelling)["provider"] == "azureOpenAI"


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"provider": "awsBedrock"}, "/provider_metadata"),
        (
            {
                "provider": "vertexAI",
                "provider_metadata": {"kind": "aws", "role_arn": "arn:x"},
            },
            "/provider_metadata",
        ),
        ({"provider_metadata": {"kind": "AWS", "role_arn": "arn:x"}}, "/provider_metadata"),
        ({"provider_metadata": {"kind": "aws"}}, "/provider_metadata/role_arn"),
        ({"base_url": "models.example"}, "/base_url"),
        ({"headers": {"X": "a\r\nHost: b"}}, "/headers/X"),
        ({"scopings": [{"space_id": "here"}]}, "/scopings/0/space_id"),
        ({"provider": "openai-ish"}, "/provider"),
    ],
)
def test_what_can_not_work_is_refused(
    api: Api, unique: Unique, members: dict[str, object], pointer: str
) -> None:
    body = {"name": unique("integration"), "provider": "openAI", **members}
    refused = api.post("/v2/ai-integrations", body)
    assert (refused.status, refused.pointers()) == (400, [pointer])


def test_an_integration_is_listed_where_it_may_be_used(api: Api, unique: Unique) -> None:
    names = [unique("meadow"), unique("forest")]
    here, there = (api.make("/v2/spaces", {"name": name})["id"] for name in names)
    (organization,) = api.get("/v2/organizations").body["organizations"]
    everywhere = make(api, unique)["id"]
    in_organization = make(api, unique, scopings=[{"organization_id": organization["id"]}])["id"]
    only_here = make(api, unique, scopings=[{"space_id": here}])

    def listed(query: str) -> set[str]:
        page = api.get(f"/v2/ai-integrations?limit=100&{query}").body
        return {each["id"] for each in page["ai_integrations"]}

    both = {everywhere, in_organization}
    assert listed(at("space_id={}", here)) >= both | {only_here["id"]}
    assert listed(at("space_id={}", there)) >= both
    assert only_here["id"] not in listed(at("space_id={}", there))
    assert only_here["id"] in listed(at("space_name={}", names[0].upper()))
    assert only_here["id"] not in listed(at("space_name={}", names[1]))
    assert listed("space_name=no-such-space-anywhere") == set()
    assert only_here["scopings"] == [{"organization_id": organization["id"], "space_id": here}]


def test_an_integration_does_not_open_up_when_its_only_space_goes(api: Api, unique: Unique) -> None:
    spaces = [api.make("/v2/spaces", {"name": unique("space")})["id"] for _ in range(2)]
    alone = make(api, unique, scopings=[{"space_id": spaces[0]}])
    shared = make(api, unique, scopings=[{"space_id": space} for space in spaces])
    api.delete(at("/v2/spaces/{}", spaces[0]))
    assert api.get(path_of(alone)).status == 404
    assert len(api.get(path_of(shared)).body["scopings"]) == 1


def test_with_another_key_secrets_are_lost_but_the_server_works(
    start_server: Callable[..., RunningServer],
    connect: Callable[..., Api],
    unique: Unique,
    tmp_path: Path,
) -> None:
    first = start_server()
    made = make(connect(first), unique, api_key=SECRET, headers={"a": "b"})
    key = first.settings.data / "secret.key"
    copy = tmp_path / "copy"
    copy.mkdir()
    first.stop()
    for path in first.settings.data.iterdir():
        if path.is_file() and path != key and not path.name.endswith(".lock"):
            (copy / path.name).write_bytes(path.read_bytes())
    second = connect(start_server(data=copy))
    shown = second.get(path_of(made)).body
    assert (shown["has_api_key"], shown["headers"]) == (True, None)
    assert second.patch(path_of(made), {"headers": {"c": "d"}}).body["headers"] == {"c": "d"}
