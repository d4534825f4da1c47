"""Failure analyses, audits and red teams over HTTP; both twins."""

import threading
from typing import Any

import pytest

from evalwright import AsyncJobStatus
from evalwright.errors import (
    InvalidRequest,
    NameNotFound,
)
from sdk.analysis_clients import tape, whole
from sdk.analysis_samples import (
    DATASET,
    RUN,
    accepted,
    analysed,
    attack,
    audit,
    audited,
    evaluation,
    failures,
    lines,
    page,
    red_team,
    states,
    status,
    tag,
)
from sdk.samples import PROJECT
from sdk.scripted_server import Reply, Request, ScriptedServer

__all__ = ["tape", "whole"]


FA = "/v2/failure-analysis"


def test_a_failure_analysis(whole: Any, server: ScriptedServer) -> None:
    server.script(accepted("failure_analysis"))
    server.on("GET", f"{FA}/runs/{RUN}/status", states("running", status("completed", 2)))
    server.on("GET", f"{FA}/runs/{RUN}", Reply(json=failures()))
    run = whole.failure_analysis.run(dataset=DATASET, project_name="my-app", run_security=False)
    assert server.requests[0].json == {
        "dataset": DATASET,
        "project_name": "my-app",
        "run_security": False,
    }
    assert [each.decision for each in run.failures] == ["fail"]
    assert len(run.item_tags(1)) == len(run.tags) == 2
    handle = whole.failure_analysis.job(RUN)
    assert handle.job_type == "failure_analysis"


@pytest.mark.parametrize("arguments", [{}, {"dataset": DATASET, "trace_id": "t"}])
def test_a_dataset_or_a_trace(whole: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="either a dataset or a trace_id"):
        whole.failure_analysis.run_async(**arguments)


def test_what_is_analysed_comes_as_it_is_done(whole: Any, server: ScriptedServer) -> None:
    server.on("GET", f"{FA}/runs/{RUN}/status", states("running", status("completed", 2)))
    inputs = iter([[analysed(0)], [analysed(0), analysed(1)]])
    server.on("GET", f"{FA}/runs/{RUN}/inputs", lambda _: Reply(json={"inputs": next(inputs)}))
    found = list(whole.failure_analysis.job(RUN).iter_items())
    assert [each.item_index for each in found] == [0, 1]


def test_tags(whole: Any, server: ScriptedServer) -> None:
    server.on("GET", f"{FA}/runs/{RUN}/tags", Reply(json={"tags": [tag()]}))
    (found,) = whole.failure_analysis.tags(run_id=RUN, decision="fail", min_severity=2.5)
    assert server.requests[-1].query == {"decision": "fail", "min_severity": "2.5"}
    path = f"{FA}/tags/{found.tag_id}"
    server.on("PATCH", path, Reply(json=tag(is_reviewed=True)))
    assert whole.failure_analysis.update_tag(tag_id=found.tag_id, is_reviewed=True).is_reviewed
    whole.failure_analysis.update_tag(tag_id=found.tag_id, issue_url=None)
    assert [each.json for each in server.requests[-2:]] == [
        {"is_reviewed": True},
        {"issue_url": None},
    ]
    with pytest.raises(InvalidRequest, match="nothing to change"):
        whole.failure_analysis.update_tag(tag_id=found.tag_id)


SECURITY = "/v2/security"
SECURITY_STATUS = f"{SECURITY}/jobs/{RUN}/status"
TEXTS: Any = [{"user_input": "hello", "assistant_response": "hi"}]


def test_an_audit(whole: Any, server: ScriptedServer) -> None:
    server.script(Reply(json=audit()))
    found = whole.security.audit(dataset=TEXTS, categories=["S10"])
    assert (found.safety_score, found.top_risk_category) == (0.5, "S10")
    server.script(accepted("security"))
    handle = whole.security.audit_async(dataset=TEXTS)
    server.on("GET", SECURITY_STATUS, states(status("completed", 1, total_items=1)))
    stream = f"{SECURITY}/audit/batches/{RUN}/items/stream"
    server.on("GET", stream, lines(audited(0)))
    assert [each.is_safe for each in handle.iter_items()] == [True]
    assert server.requests[-1].query["job_type"] == "security"


def test_traces(whole: Any, server: ScriptedServer) -> None:
    server.script(Reply(json=audit()), Reply(json=evaluation()))
    trace = {"steps": [{"input": "a", "output": "b"}]}
    assert whole.security.audit_trace(trace=trace).id == RUN
    assert whole.eval.evaluate_trace(trace=trace, metrics=["bleu"], project_name="p").id == RUN
    assert [each.json["trace"] for each in server.requests] == [trace, trace]


@pytest.mark.parametrize(("word", "kind"), [("security", "security"), ("redteam", "redteam")])
def test_coming_back_to_either(whole: Any, server: ScriptedServer, word: str, kind: str) -> None:
    server.on("GET", SECURITY_STATUS, states(status(job_type=word)))
    assert whole.security.job(RUN).job_type == kind


def test_a_red_team_on_a_url(whole: Any, server: ScriptedServer) -> None:
    server.script(accepted("redteam"))
    server.on("GET", SECURITY_STATUS, states(status("completed", 2, job_type="redteam")))
    server.on("GET", f"{SECURITY}/redteam/runs/{RUN}", Reply(json=red_team()))
    run = whole.security.red_team(
        attack_vectors=["rot13"], target_url="http://127.0.0.1:9/chat", concurrency=2
    )
    assert run.success_rate == 0.5
    assert server.requests[0].json == {
        "attack_vector_keys": ["rot13"],
        "attacks_per_vector": 5,
        "target_url": "http://127.0.0.1:9/chat",
        "target_concurrency": 2,
    }


class Range:
    """A server with attacks that notes what is handed in."""

    def __init__(self, server: ScriptedServer, count: int = 3) -> None:
        self.attacks = [attack(number) for number in range(count)]
        self.handed_in: list[Any] = []
        runs = f"{SECURITY}/redteam/runs/{RUN}"
        server.on("POST", f"{SECURITY}/redteam", accepted("redteam"))
        server.on("GET", SECURITY_STATUS, states(status("completed", 3, job_type="redteam")))
        server.on("GET", runs, Reply(json=red_team()))
        server.on("GET", f"{runs}/attacks", self.list)
        server.on("POST", f"{runs}/submit-responses", self.take)

    def list(self, request: Request) -> Reply:
        number, size = int(request.query["page"]), int(request.query["page_size"])
        rows = self.attacks[(number - 1) * size : number * size]
        more = number * size < len(self.attacks)
        sizes = {"total": len(self.attacks), "page": number, "page_size": size}
        return Reply(json={"attacks": rows, **sizes, "has_more": more})

    def take(self, request: Request) -> Reply:
        self.handed_in += request.json["responses"]
        return Reply(json=red_team())


def test_a_red_team_on_a_function(whole: Any, server: ScriptedServer) -> None:
    """What a function raises is an error of that attack, not an answer."""
    range_ = Range(server)
    seen: list[AsyncJobStatus] = []

    def target(prompt: str) -> Any:
        number = int(prompt[-1])
        if number == 1:
            raise ValueError("no luck")
        return f"answer {number}" if number == 0 else None

    run = whole.security.red_team(
        attack_vectors=["rot13"], target_function=target, on_progress=seen.append
    )
    assert run.successful_attacks == 1
    assert server.requests[0].json["generate_only"] is True
    assert "target_concurrency" not in server.requests[0].json
    assert range_.handed_in == [
        {"attack_id": f"{RUN}:0", "response": "answer 0"},
        {"attack_id": f"{RUN}:1", "error": "ValueError: no luck"},
        {"attack_id": f"{RUN}:2", "error": "the target function gave None, which is no text"},
    ]
    assert [each.current_item for each in seen] == [1, 2, 3]
    assert seen[-1].is_completed


def test_a_function_is_called_at_the_same_time(whole: Any, server: ScriptedServer) -> None:
    """Each call waits for another one: alone, it would wait for ever."""
    range_ = Range(server, 4)
    together = threading.Barrier(2, timeout=30)

    def target(prompt: str) -> str:
        together.wait()
        return prompt

    whole.security.red_team(attack_vectors=["rot13"], target_function=target, concurrency=2)
    assert [each["response"] for each in range_.handed_in] == [f"attack {n}" for n in range(4)]


def test_a_function_goes_on_where_it_was_left(whole: Any, server: ScriptedServer) -> None:
    range_ = Range(server, 203)
    range_.attacks[:150] = [attack(number, "resisted") for number in range(150)]
    whole.security.run_attacks(run_id=RUN, target_function=lambda prompt: prompt)
    assert [each["attack_id"] for each in range_.handed_in] == [
        f"{RUN}:{number}" for number in range(150, 203)
    ]


def test_what_no_red_team_can_do(whole: Any, server: ScriptedServer) -> None:
    with pytest.raises(InvalidRequest, match="target_url"):
        whole.security.red_team(
            attack_vectors=["rot13"], target_function=str, target_url="http://127.0.0.1:9"
        )
    with pytest.raises(InvalidRequest, match="attack_vectors"):
        whole.security.red_team(attack_vectors=[], target_function=str)
    with pytest.raises(InvalidRequest) as caught:
        whole.security.run_attacks(run_id=RUN, target_function=7, concurrency=0)
    assert len(caught.value.errors) == 2
    assert server.requests == []


def test_attacks(whole: Any, server: ScriptedServer) -> None:
    server.on("GET", SECURITY_STATUS, states("running", status("completed", 2)))
    replies = iter([[attack(0, "resisted"), attack(1)], [attack(0), attack(1, "succeeded")]])
    path = f"{SECURITY}/redteam/runs/{RUN}/attacks"
    server.on("GET", path, lambda _: page(next(replies), "attacks"))
    found = list(whole.security.red_team_job(RUN).iter_items())
    assert [each.status for each in found] == ["resisted", "succeeded"]


def test_security_settings_by_key(whole: Any, server: ScriptedServer) -> None:
    row = {
        "id": "7",
        "project_id": PROJECT,
        "key": "S10",
        "display_name": "Privacy Violations",
        "enabled": True,
        "threshold": 0.5,
        "severity": "high",
        "description": "",
    }
    path = f"{SECURITY}/projects/{PROJECT}/vulnerabilities"
    server.on("GET", path, Reply(json={"vulnerabilities": [row]}))
    server.on("PATCH", f"{path}/7", Reply(json={**row, "enabled": False}))
    changed = whole.security.update_project_vulnerability(
        project=PROJECT, vulnerability="S10", enabled=False
    )
    assert not changed.enabled
    assert server.requests[-1].json == {"enabled": False}
    with pytest.raises(NameNotFound, match="S10"):
        whole.security.update_project_vulnerability(
            project=PROJECT, vulnerability="S100", threshold=0.2
        )
    with pytest.raises(InvalidRequest, match="threshold"):
        whole.security.update_project_vulnerability(
            project=PROJECT, vulnerability="S10", threshold=2.0
        )


def test_comparing_red_teams(whole: Any, server: ScriptedServer) -> None:
    compared = {
        "runs": [red_team()],
        "vectors": [],
        "overall_success_rates": {RUN: 0.5},
        "baseline_run_id": RUN,
    }
    server.script(Reply(json=compared))
    assert whole.security.compare(run_ids=["a", "b"]).baseline_run_id == RUN
    assert server.requests[0].query == {"run_ids": "a,b"}
