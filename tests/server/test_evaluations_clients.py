"""What the `valiqor` client sends and reads, byte for byte where that matters."""

from collections.abc import Callable

import pytest

from server.client import Api
from server.evaluations import ITEMS, problem, request

AGENT = {"User-Agent": "valiqor-sdk/1.0.0 (eval)"}


def test_projects_are_named_without_a_space_by_this_client_only(
    api: Api, unique: Callable[[str], str]
) -> None:
    """Everybody else gets the projects of spaces under this path, and has to name one."""
    name = unique("Valiqor Projekt")
    body = {"name": name, "key": "mine", "model_name": "gpt-4o"}
    made = api.send("POST", "/v2/projects", body, headers=AGENT)
    assert made.status == 200
    assert set(made.body) == {"id", "name", "key", "model_name", "created_at"}
    assert made.body["key"] == name.lower().replace(" ", "-").replace("_", "-")
    listed = api.get("/v2/projects", **AGENT).body
    assert isinstance(listed, list)
    assert made.body in listed
    assert problem(api.send("POST", "/v2/projects", body, headers=AGENT), 409)
    assert problem(api.send("POST", "/v2/projects", {"key": "x"}, headers=AGENT))["errors"]
    native = api.post("/v2/projects", body)
    assert native.status == 400
    assert "/space_id" in native.pointers()
    assert set(api.get("/v2/projects").body) == {"projects", "pagination"}
    assert api.get(f"/v2/projects/{made.body['id']}", **AGENT).body["name"] == name


def test_more_projects_than_a_page_holds_are_found_by_their_name(
    api: Api, unique: Callable[[str], str]
) -> None:
    """This client looks for a name in one answer and asks for no page."""
    names = [unique("many") for _ in range(60)]
    for name in names:
        api.send("POST", "/v2/projects", {"name": name}, headers=AGENT)
    assert set(names) <= {each["name"] for each in api.get("/v2/projects", **AGENT).body}


def test_a_run_for_a_project_in_another_space_goes_there(
    api: Api, unique: Callable[[str], str]
) -> None:
    space = api.make("/v2/spaces", {"name": unique("space")})["id"]
    name = unique("elsewhere")
    project = api.make("/v2/projects", {"name": name, "space_id": space})["id"]
    assert api.post("/v2/evaluate/", request(name)).body["project_id"] == project


def test_its_own_form_of_a_request_is_taken(api: Api, unique: Callable[[str], str]) -> None:
    """With nulls for what was left out, and an empty metadata."""
    body: dict[str, object] = {
        "project_name": unique("form"),
        "dataset": ITEMS,
        "metrics": ["equals"],
        "run_name": None,
        "metadata": {},
    }
    reply = api.send("POST", "/v2/evaluate/", body, headers=AGENT)
    assert (reply.status, reply.body["status"]) == (200, "completed")
    for name in ("overall_score", "total_items", "evaluated_items"):
        assert isinstance(reply.body[name], int | float)


TRACES = {
    "messages": {
        "messages": [
            {"role": "user", "content": "Capital of France?"},
            {"role": "assistant", "content": "The capital of France is Paris."},
        ]
    },
    "spans": {
        "spans": [
            {
                "name": "chat",
                "context": {"trace_id": "t", "span_id": "s"},
                "attributes": {
                    "openinference.span.kind": "LLM",
                    "input.value": "Capital of France?",
                    "output.value": "The capital of France is Paris.",
                },
            }
        ]
    },
}


@pytest.mark.parametrize("shape", TRACES)
def test_a_trace_is_measured_step_by_step(
    api: Api, unique: Callable[[str], str], shape: str
) -> None:
    body = {"project_name": unique("trace"), "trace": TRACES[shape], "metrics": ["fluency"]}
    result = api.post("/v2/evaluate/trace", body).body
    assert (result["status"], result["total_items"]) == ("completed", 1)
    assert result["aggregate_scores"]["fluency"] > 0.5
    (item,) = api.get(f"/v2/evaluate/runs/{result['id']}/items").body["items"]
    assert item["output"] == "The capital of France is Paris."


def test_deep_metadata_comes_through_the_worker(api: Api, unique: Callable[[str], str]) -> None:
    """The deepest that is taken: items travel in frames, which wrap them once more."""
    deep: object = "x"
    for _ in range(242):
        deep = {"content": deep}
    item = {**ITEMS[0], "metadata": {"deep": deep}}
    reply = api.post("/v2/evaluate/", request(unique("deep"), dataset=[item]))
    assert (reply.status, reply.body["evaluated_items"]) == (200, 1)
