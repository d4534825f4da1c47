"""The kinds of failures over HTTP."""

from evalwright_server.audits import CATEGORIES
from evalwright_server.failures import BUCKETS, KINDS, VERSION
from evalwright_server.metrics import METRICS
from server.client import Api
from server.failure_analyses import Json, fetch


def test_the_taxonomy_is_that_of_the_detectors(api: Api) -> None:
    taxonomy = fetch(api, "/taxonomy?project_name=anything")
    assert taxonomy["version"] == VERSION
    assert [bucket["bucket_id"] for bucket in taxonomy["buckets"]] == [each.id for each in BUCKETS]
    kinds = [kind for bucket in taxonomy["buckets"] for kind in bucket["subcategories"]]
    assert [kind["subcategory_id"] for kind in kinds] == list(KINDS)
    for kind in kinds:
        assert set(kind["related_eval_metrics"]) <= set(METRICS)
        assert set(kind["related_security_categories"]) <= set(CATEGORIES)
        assert 0 < kind["impact_score"] <= 1
        assert kind["risk_category"] in {"low", "medium", "high", "critical"}


def test_a_bucket_holds_its_kinds(api: Api) -> None:
    bucket = fetch(api, "/buckets/hallucination")
    names = {kind["subcategory_name"] for kind in bucket["subcategories"]}
    assert "Factual Contradiction" in names
    assert {kind["bucket_id"] for kind in bucket["subcategories"]} == {"hallucination"}


def test_kinds_can_be_narrowed(api: Api) -> None:
    def ids(query: str) -> set[str]:
        found: list[Json] = fetch(api, f"/taxonomy/subcategories?{query}")["subcategories"]
        return {kind["subcategory_id"] for kind in found}

    assert ids("") == set(KINDS)
    assert ids("detection_approach=llm_judge") == {"ignored_instruction"}
    assert ids("bucket_id=tool_use&applies_to=generic_llm") == set()
    assert ids("bucket_id=tool_use&applies_to=agent") == {
        kind.id for bucket in BUCKETS if bucket.id == "tool_use" for kind in bucket.kinds
    }


def test_a_kind_says_what_it_needs(api: Api) -> None:
    kinds = {each["subcategory_id"]: each
             for each in fetch(api, "/taxonomy/subcategories")["subcategories"]}  # fmt: skip
    recall, tool = kinds["insufficient_context"], kinds["failed_tool_call"]
    assert recall["required_inputs"] == ["input", "output", "context", "expected"]
    assert (recall["requires_retrieval"], recall["minimal_mode_compatible"]) == (True, False)
    assert (tool["requires_tools"], tool["requires_retrieval"]) == (True, False)
    assert kinds["empty_output"]["minimal_mode_compatible"]
