"""Bad input: each a clear 4xx that names every wrong field, never a 500."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import orjson
import pytest

from evalwright_server.config import DATABASE_FILE
from fixtures_server import RunningServer
from server.client import Api, at
from server.scenes import Scene

Unique = Callable[[str], str]
ENVELOPE = {"type", "title", "status", "detail", "instance", "request_id", "errors"}


def refuse(api: Api, content: bytes, **headers: str) -> Any:
    return api.send("POST", "/v2/spaces", content=content, headers=headers)


BODIES = {
    "not json": (b"name=x", "no JSON"),
    "cut off": (b'{"name": "x', "no JSON"),
    "nan": (b'{"name": NaN}', "NaN at line 1, column 10"),
    "negative infinity": (b'{"name":\n-Infinity}', "Infinity at line 2"),
    "no utf-8": (b'{"name": "\xff"}', "no JSON"),
    "lone surrogate": (b'{"name": "\\ud800"}', "no JSON"),
    "nothing": (b"", "needs a body"),
    "only blanks": (b"  \n", "needs a body"),
    "null": (b"null", "expected an object, not null"),
    "a list": (b"[]", "expected an object, not a list"),
    "a number": (b"1", "expected an object, not a number"),
    "nul": (b'{"name": "a\\u0000b"}', "NUL"),
    "nul in a name": (b'{"a\\u0000": 1}', "NUL"),
    "deep": (b'{"name": ' + b"[" * 2000 + b"]" * 2000 + b"}", ""),
    "rather deep": (b'{"name": ' + b"[" * 900 + b"]" * 900 + b"}", ""),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_body_that_is_none_is_explained(api: Api, case: str) -> None:
    content, text = BODIES[case]
    refused = refuse(api, content)
    assert refused.status == 400, refused.content
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert text in refused.body["detail"]
    assert set(refused.body) == ENVELOPE


def test_deep_columns_are_stored_or_refused(api: Api, scene: Scene) -> None:
    path = at("/v2/datasets/{}/examples", scene.dataset)
    for depth, status in ((200, 201), (300, 400), (900, 400)):
        content = b'{"examples": [{"a": ' + b"[" * depth + b"]" * depth + b"}]}"
        assert api.send("POST", path, content=content).status == status
    deepest = 243
    while True:
        content = b'{"examples": [{"a": ' + b"[" * deepest + b"]" * deepest + b"}]}"
        if api.send("POST", path, content=content).status == 201:
            break
        deepest -= 1
    assert api.get(f"{path}?limit=500").status == 200


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "json"]
)
def test_another_media_type_is_refused(api: Api, media: str) -> None:
    refused = refuse(api, b'{"name": "x"}', **{"Content-Type": media})
    assert (refused.status, refused.pointers()) == (415, ["header:Content-Type"])
    assert refused.headers["Accept"] == "application/json"


@pytest.mark.parametrize("media", ["application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json_may_be_declared_in_many_ways(api: Api, unique: Unique, media: str) -> None:
    content = orjson.dumps({"name": unique("space")})
    assert refuse(api, content, **{"Content-Type": media}).status == 201


def test_changes_may_come_as_json_or_as_a_merge_patch(api: Api, unique: Unique) -> None:
    path = at("/v2/spaces/{}", api.make("/v2/spaces", {"name": unique("space")})["id"])
    for media in ("application/json", "application/merge-patch+json"):
        assert api.patch(path, {"description": "x"}, **{"Content-Type": media}).status == 200


def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    start_server: Callable[..., RunningServer], connect: Callable[..., Api]
) -> None:
    api = connect(start_server(body_bytes=2000, workers=0))
    body = orjson.dumps({"name": "x" * 3000})
    refused = api.send("POST", "/v2/spaces", content=body)
    assert (refused.status, "2000 bytes" in refused.body["detail"]) == (413, True)
    chunks = api.pool.request(
        "POST",
        f"{api.url}/v2/spaces",
        body=iter([body]),
        headers={"Content-Type": "application/json"},
        chunked=True,
        retries=False,
    )
    assert chunks.status == 413


def test_everything_wrong_is_named_at_once(api: Api) -> None:
    body = {"nmae": "x", "description": 5, "organization_id": None}
    refused = api.post("/v2/spaces", body)
    assert refused.status == 400
    errors = {error["pointer"]: error for error in refused.body["errors"]}
    assert set(errors) == {"/nmae", "/name", "/description", "/organization_id"}
    assert errors["/nmae"]["nearest"] == "name"
    assert errors["/nmae"]["allowed"] == ["name", "organization_id", "description"]
    assert errors["/description"]["message"] == "expected text, not a number"


def test_parameters_and_body_are_judged_together(api: Api, scene: Scene) -> None:
    path = at("/v2/datasets/{}/examples?dataset_versionid=x", scene.dataset)
    refused = api.post(path, {"examples": []})
    assert refused.pointers() == ["query:dataset_versionid", "/examples"]
    assert refused.body["errors"][0]["nearest"] == "dataset_version_id"


PARAMETERS = {
    "limit=0": "query:limit",
    "limit=101": "query:limit",
    "limit=ten": "query:limit",
    "limit=1.5": "query:limit",
    "limit=1&limit=2": "query:limit",
    "limit=99999999999999999999": "query:limit",
    f"name={'x' * 256}": "query:name",
    "name=a%00b": "query:name",
    "space_id=x": "query:space_id",
    "tpye=code_evaluation": "query:tpye",
    "type=code": "query:type",
    "%00=1": "query:\0",
    "=": "query:",
}


@pytest.mark.parametrize("query", PARAMETERS)
def test_a_parameter_that_is_wrong_is_named(api: Api, query: str) -> None:
    refused = api.get(f"/v2/tasks?{query}")
    assert (refused.status, refused.pointers()) == (400, [PARAMETERS[query]])


@pytest.mark.parametrize(
    "query", ["", "limit=", "type=", "name=&space_name=&cursor=", "&&", "%ff="]
)
def test_empty_parameters_mean_no_filter(api: Api, query: str) -> None:
    assert api.get(f"/v2/tasks?{query}").status == (400 if query == "%ff=" else 200)


@pytest.mark.parametrize("name", ["x", "VGFzazoxOmFiY2Q", "%2F", "%ff", "%00", "a" * 5000, "%3D"])
def test_an_id_that_is_none_is_a_bad_request(api: Api, name: str) -> None:
    refused = api.get(f"/v2/tasks/{name}/runs")
    assert (refused.status, refused.pointers()) == (400, ["path:task_id"])


def test_an_id_of_another_kind_is_not_found(api: Api, scene: Scene) -> None:
    refused = api.get(at("/v2/tasks/{}", scene.dataset))
    assert refused.status == 404
    assert "is the ID of a dataset; expected that of a task" in refused.body["detail"]


def test_ids_come_encoded_or_bare(api: Api, unique: Unique) -> None:
    """Clients encode the padding, people don't."""
    for _ in range(9):
        space = api.make("/v2/spaces", {"name": unique("space")})
        assert api.get(f"/v2/spaces/{space['id']}").body == space
        assert api.get(at("/v2/spaces/{}", space["id"])).body == space


def test_numbers_out_of_range_are_refused_or_kept(api: Api, scene: Scene) -> None:
    task = at("/v2/tasks/{}/trigger", api.make("/v2/tasks", scene.project_task())["id"])
    for number in (b"1e400", b"-1", b"0", b"1.5", b'"1"', b"true"):
        content = b'{"max_spans": ' + number + b"}"
        assert api.send("POST", task, content=content).status == 400, number
    for number in (b"1", b"5.0", b"99999999999999999999999", b"1e300"):
        content = b'{"max_spans": ' + number + b"}"
        assert api.send("POST", task, content=content).status == 201, number


def test_the_last_of_two_equal_members_counts(api: Api, unique: Unique) -> None:
    name = unique("space")
    content = b'{"name": "first", "name": ' + orjson.dumps(name) + b"}"
    assert refuse(api, content).body["name"] == name


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/taks", 404),
        ("GET", "/", 404),
        ("GET", "//v2/tasks", 404),
        ("GET", "/v2/tasks/", 404),
        ("GET", "/V2/tasks", 404),
        ("PUT", "/v2/tasks", 405),
        ("POST", "/v2/tasks/x", 405),
        ("TRACE", "/v2/tasks", 405),
        ("HEAD", "/v2/tasks", 405),
        ("OPTIONS", "/v2/tasks", 405),
        ("GET", "/v2/tasks/x/trigger", 405),
    ],
)
def test_unknown_paths_and_methods(api: Api, method: str, path: str, status: int) -> None:
    refused = api.send(method, path)
    assert refused.status == status
    assert (refused.headers.get("Allow") is not None) == (status == 405)


def test_a_misspelt_path_meets_its_neighbour(api: Api) -> None:
    assert "did you mean /v2/tasks?" in api.get("/v2/taks").body["detail"]
    assert api.send("PUT", "/v2/tasks").headers["Allow"] == "GET, POST"


def test_old_clients_get_the_five_members_they_can_read(api: Api) -> None:
    refused = api.post("/v2/spaces", {}, **{"sdk-package-name": "arize"})
    assert set(refused.body) == {"type", "title", "status", "detail", "instance"}
    assert "/name: is required" in refused.body["detail"]


def test_every_answer_carries_a_request_id(api: Api) -> None:
    replies = [
        api.get("/v2/spaces"),
        api.get("/nowhere"),
        api.get("/health"),
        api.post("/v2/spaces"),
    ]
    ids = {reply.headers["X-Request-Id"] for reply in replies}
    assert len(ids) == len(replies)
    assert replies[1].body["request_id"] == replies[1].headers["X-Request-Id"]
    given = api.get("/v2/spaces", **{"X-Request-Id": "trace-1.a_B"})
    assert given.headers["X-Request-Id"] == "trace-1.a_B"
    odd = api.get("/v2/spaces", **{"X-Request-Id": "a b\t<script>"})
    assert odd.headers["X-Request-Id"] != "a b\t<script>"


def test_a_body_of_a_thousand_wrong_rows_gets_a_short_answer(api: Api, scene: Scene) -> None:
    body = {"name": "x", "space_id": scene.space, "examples": [{"id": "x"}] * 1000}
    refused = api.post("/v2/datasets", body)
    assert (refused.status, len(refused.pointers())) == (400, 50)
    assert len(refused.content) < 20_000


def test_a_fault_of_the_server_is_told_without_its_insides(
    start_server: Callable[..., RunningServer],
    connect: Callable[..., Api],
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = start_server(workers=0)
    with closing(sqlite3.connect(server.settings.data / DATABASE_FILE)) as database:
        database.execute("ALTER TABLE projects RENAME TO gone")
    broken = connect(server).get("/v2/projects")
    assert broken.status == 500
    assert set(broken.body) == ENVELOPE
    assert broken.body["request_id"] in broken.body["detail"]
    assert b"no such table" not in broken.content
    assert broken.body["request_id"] in caplog.text
    assert "no such table" in caplog.text
