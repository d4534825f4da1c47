"""Requests for failure analyses that can't be met: everything that is wrong, and what is right."""

from collections.abc import Callable

import pytest

from evalwright_server.config import AnalysisSettings
from evalwright_server.services.analysis_quotas import AnalysisLimits
from fixtures_server import RunningServer
from server.client import Api
from server.failure_analyses import FAMILY, ITEMS, Json, fetch, problem

ITEM = ITEMS[0]


def refused(api: Api, body: object, status: int = 400) -> list[Json]:
    """Have a request refused, and return what it is told."""
    errors: list[Json] = problem(api.post(f"{FAMILY}/analyze", body), status)["errors"]
    return errors


@pytest.mark.parametrize(
    ("members", "pointer", "nearest"),
    [
        ({"mandatory_eval_metrics": ["fluency", "fluancy"]}, "/mandatory_eval_metrics/1",
         "fluency"),
        ({"mandatory_security_categories": ["S100"]}, "/mandatory_security_categories/0", "S10"),
        ({"subcategories": ["wrong_numbers"]}, "/subcategories/0", "wrong_number"),
        ({"buckets": ["Safety"]}, "/buckets/0", "safety"),
        ({"feature_kind": "ragg"}, "/feature_kind", "rag"),
        ({"datasets": []}, "/datasets", "dataset"),
    ],
)  # fmt: skip
def test_unknown_names_get_the_nearest_one(
    api: Api, members: Json, pointer: str, nearest: str
) -> None:
    (error,) = refused(api, {"dataset": [ITEM], **members})
    assert (error["pointer"], error["nearest"]) == (pointer, nearest)
    assert error["message"]


def test_names_that_were_allowed_are_listed(api: Api) -> None:
    (error,) = refused(api, {"dataset": [ITEM], "buckets": ["x"]})
    assert {"hallucination", "safety", "style"} <= set(error["allowed"])


@pytest.mark.parametrize(
    ("dataset", "pointer", "said"),
    [
        ([ITEM, {"input": "a", "ouput": "b"}], "/dataset/1/output", "item 1 has no 'output'"),
        ([ITEM, 7], "/dataset/1", "item 1"),
        ([{**ITEM, "context": 7}], "/dataset/0/context", "item 0"),
        ([{**ITEM, "tool_calls": [1]}], "/dataset/0/tool_calls", "item 0"),
        ([{**ITEM, "input": None}], "/dataset/0/input", "item 0"),
        ([], "/dataset", ""),
        ({"input": "a"}, "/dataset", ""),
        ("text", "/dataset", ""),
    ],
)
def test_wrong_items_are_named_by_their_number(
    api: Api, dataset: object, pointer: str, said: str
) -> None:
    errors = refused(api, {"dataset": dataset})
    assert any(
        error["pointer"].startswith(pointer) and said in error["message"] for error in errors
    ), errors


def test_everything_is_told_at_once(api: Api) -> None:
    body = {
        "dataset": [{"input": 1}],
        "buckets": ["x"],
        "subcategories": ["y"],
        "run_eval": "yes",
        "judge": {"engine": "judge"},
    }
    pointers = {error["pointer"] for error in refused(api, body)}
    assert {"/buckets/0", "/subcategories/0", "/run_eval", "/judge/engine"} <= pointers
    assert any(pointer.startswith("/dataset/0") for pointer in pointers)


@pytest.mark.parametrize("body", [{}, {"project_name": "x"}, {"trace_id": None}, {"trace_id": ""}])
def test_nothing_to_analyse(api: Api, body: Json) -> None:
    assert refused(api, body)


def test_kinds_outside_of_the_buckets_would_find_nothing(api: Api) -> None:
    body = {"dataset": [ITEM], "buckets": ["safety"], "subcategories": ["wrong_number"]}
    (error,) = refused(api, body)
    assert error["pointer"] == "/subcategories"


@pytest.mark.parametrize("body", [None, 7, [], "text"])
def test_bodies_that_are_no_object(api: Api, body: object) -> None:
    problem(api.post(f"{FAMILY}/analyze", body))


def test_no_analysis_is_left_of_what_was_refused(api: Api, unique: Callable[[str], str]) -> None:
    name = unique("project")
    refused(api, {"project_name": name, "dataset": [ITEM], "buckets": ["x"]})
    assert fetch(api, f"/runs/count?project_name={name}") == {"count": 0}
    assert name not in fetch(api, "/projects")["projects"]


@pytest.mark.parametrize("path", ["", "/status", "/inputs", "/tags"])
def test_an_analysis_that_is_not_there(api: Api, path: str) -> None:
    problem(api.get(f"{FAMILY}/runs/nothing{path}"), 404)


def test_the_run_of_another_kind_is_none(api: Api, unique: Callable[[str], str]) -> None:
    body = {"project_name": unique("project"), "dataset": ITEMS, "metrics": ["equals"]}
    uid = api.post("/v2/evaluate/", body).body["run_id"]
    problem(api.get(f"{FAMILY}/runs/{uid}"), 404)
    problem(api.post(f"{FAMILY}/runs/{uid}/cancel"), 404)


@pytest.mark.parametrize(
    "query", ["insights?days=0", "insights/trends?days=x", "insights/security?days=99999"]
)
def test_periods_that_make_no_sense(api: Api, query: str) -> None:
    (error,) = problem(api.get(f"{FAMILY}/{query}"))["errors"]
    assert error["pointer"] == "query:days"


@pytest.mark.parametrize(
    ("query", "nearest"),
    [
        ("bucket_id=styl", "style"),
        ("detection_approach=hybrid_", "hybrid"),
        ("applies_to=agents", "agent"),
    ],
)
def test_filters_of_the_taxonomy_have_known_values(api: Api, query: str, nearest: str) -> None:
    (error,) = problem(api.get(f"{FAMILY}/taxonomy/subcategories?{query}"))["errors"]
    assert (error["nearest"], error["pointer"]) == (nearest, f"query:{query.partition('=')[0]}")


def test_a_bucket_that_is_not_there(api: Api) -> None:
    answer = problem(api.get(f"{FAMILY}/buckets/halucination"), 404)
    assert "'hallucination'" in answer["detail"]


def test_a_dataset_that_is_too_large(start_server: Callable[..., RunningServer]) -> None:
    limits = AnalysisSettings(AnalysisLimits(max_dataset=2))
    api = Api(start_server(workers=0, analyses=limits).url)
    answer = problem(api.post(f"{FAMILY}/analyze", {"dataset": [ITEM] * 3}))
    assert answer["error"] == "dataset_too_large"
    assert (answer["dataset_size"], answer["max_allowed"]) == (3, 2)
    api.pool.clear()
