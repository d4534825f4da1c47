"""Analyses over HTTP, with servers that answer at once, later, or badly; both twins."""

import pickle
import threading
from typing import Any

import pytest

import evalwright
from evalwright import AsyncJobStatus
from evalwright.errors import (
    AnalysisCancelled,
    AnalysisFailed,
    AnalysisTimeout,
    ConnectionFailed,
    Forbidden,
    InvalidRequest,
    NameNotFound,
    RateLimited,
)
from evalwright.types import EvaluationResult
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
    item,
    lines,
    page,
    red_team,
    states,
    status,
    tag,
)
from sdk.samples import NOW, PROJECT
from sdk.scripted_server import Reply, Request, ScriptedServer, problem
from sdk.tape import Tape

__all__ = ["tape", "whole"]

STATUS = f"/v2/evaluate/jobs/{RUN}/status"
RESULT = f"/v2/evaluate/runs/{RUN}"
ARGUMENTS: Any = {"dataset": DATASET, "metrics": ["equals"], "project_name": "my-app"}


def test_an_answer_at_once(whole: Any, server: ScriptedServer) -> None:
    server.script(Reply(json=evaluation()))
    run = whole.eval.evaluate(**ARGUMENTS, thresholds={"equals": 0.5}, judge={"engine": "offline"})
    assert (run.id, run.overall_score) == (RUN, 0.75)
    (sent,) = server.requests
    assert sent.headers["prefer"] == "wait=25"
    assert sent.headers["idempotency-key"].startswith("sdk-")
    assert sent.json == {
        **ARGUMENTS,
        "thresholds": {"equals": 0.5},
        "judge": {"engine": "offline"},
    }


def test_an_answer_later_looks_the_same(whole: Any, server: ScriptedServer) -> None:
    server.script(accepted())
    server.on("GET", STATUS, states("queued", "running", status("completed", 2)))
    server.on("GET", RESULT, Reply(json=evaluation()))
    assert whole.eval.evaluate(**ARGUMENTS).overall_score == 0.75
    assert server.calls[-1] == f"GET {RESULT}"


def test_progress_asks_not_to_be_held(whole: Any, server: ScriptedServer) -> None:
    server.script(accepted())
    server.on("GET", STATUS, states("queued", "running", status("completed", 2)))
    server.on("GET", RESULT, Reply(json=evaluation()))
    seen: list[AsyncJobStatus] = []
    whole.eval.evaluate(**ARGUMENTS, on_progress=seen.append)
    assert server.requests[0].headers["prefer"] == "respond-async"
    assert [each.status for each in seen] == ["queued", "running", "completed"]
    assert seen[-1]["progress_percent"] == 100.0


def test_a_handle(whole: Any, server: ScriptedServer) -> None:
    server.script(accepted())
    server.on("GET", STATUS, states("queued", "running", status("completed", 2)))
    server.on("GET", RESULT, Reply(json=evaluation()))
    handle = whole.eval.evaluate_async(**ARGUMENTS)
    assert server.requests[0].headers["prefer"] == "respond-async"
    assert (handle.job_id, handle.job_type) == (RUN, "evaluation")
    assert handle.is_running()
    now = handle.status()
    assert (now.is_running, now.is_completed, now.is_failed) == (True, False, False)
    assert dict(now)["current_item"] == 1
    assert str(now) == "running, 1 of 2 items (50 %), about 3 s left"
    with pytest.raises(KeyError, match="progress_percent"):
        now["progress"]
    assert handle.wait(poll_interval=1.0, timeout=60).is_completed
    assert handle.is_completed()
    assert not handle.is_failed()
    calls = len(server.calls)
    assert handle.result().id == handle.result().id == RUN
    assert len(server.calls) == calls + 2  # one more look, one result


def test_a_handle_of_an_answer_at_once(whole: Any, server: ScriptedServer) -> None:
    """A server that knows no preference gives the result; the handle has it."""
    server.script(Reply(json=evaluation()))
    handle = whole.eval.evaluate_async(**ARGUMENTS)
    assert handle.result().overall_score == 0.75
    assert len(server.requests) == 1


def test_coming_back_by_id(whole: Any, server: ScriptedServer) -> None:
    server.on("GET", STATUS, states(status("completed", 2)))
    server.on("GET", RESULT, Reply(json=evaluation()))
    assert whole.eval.job(RUN).result().id == RUN
    with pytest.raises(InvalidRequest, match="job_id"):
        whole.eval.job("")


def test_an_unknown_word_goes_on_until_it_has_an_end(whole: Any, server: ScriptedServer) -> None:
    odd = status("processing", finished_at=None)
    server.on("GET", STATUS, states(odd, {**odd, "finished_at": NOW}))
    assert whole.eval.job(RUN).wait().is_failed


def test_retries_start_it_once(whole: Any, server: ScriptedServer) -> None:
    server.script(Reply(drop=True), problem(503), Reply(json=evaluation()))
    whole.eval.evaluate(**ARGUMENTS)
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1
    server.script(Reply(json=evaluation()))
    whole.eval.evaluate(**ARGUMENTS, idempotency_key="mine")
    assert server.requests[-1].headers["idempotency-key"] == "mine"


@pytest.mark.parametrize(
    ("word", "kind"), [("failed", AnalysisFailed), ("cancelled", AnalysisCancelled)]
)
def test_a_failure_has_what_was_done(
    whole: Any, server: ScriptedServer, word: str, kind: type[AnalysisFailed]
) -> None:
    server.script(accepted())
    server.on("GET", STATUS, states(status(word, error="the disk is full.")))
    server.on("GET", RESULT, Reply(json=evaluation(word, evaluated_items=1)))
    with pytest.raises(RuntimeError) as caught:
        whole.eval.evaluate(**ARGUMENTS)
    error: Any = pickle.loads(pickle.dumps(caught.value))
    assert type(error) is kind
    assert (error.job_id, error.job_type, error.error) == (RUN, "evaluation", "the disk is full.")
    assert isinstance(error.partial, EvaluationResult)
    assert error.partial.evaluated_items == 1
    assert (error.status.current_item, error.status.total_items) == (1, 2)
    assert "the disk is full; 1 of 2 items were done" in str(error)


def test_a_failure_says_so_without_what_was_done(whole: Any, server: ScriptedServer) -> None:
    server.on("GET", STATUS, states(status("failed")))
    with pytest.raises(AnalysisFailed) as caught:
        whole.eval.job(RUN).result()
    assert caught.value.partial is None


def test_an_answer_that_was_cut_short_is_followed(whole: Any, server: ScriptedServer) -> None:
    """A server that stops gives what there is; one that failed says so with 200, too."""
    server.script(Reply(json=evaluation("running")))
    server.on("GET", STATUS, states(status("completed", 2)))
    server.on("GET", RESULT, Reply(json=evaluation()))
    assert whole.eval.evaluate(**ARGUMENTS).status == "completed"


def test_the_end_of_patience(whole: Any, server: ScriptedServer) -> None:
    server.script(accepted())
    server.on("GET", STATUS, Reply(json=status("running")))
    with pytest.raises(evalwright.TimeoutError) as caught:
        whole.eval.evaluate(**ARGUMENTS, timeout=20)
    error = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(error, TimeoutError)
    assert isinstance(error, AnalysisTimeout)
    assert error.status is not None
    assert error.job_id == RUN
    assert error.timeout == pytest.approx(20)
    assert error.status.current_item == 1
    assert "It goes on" in str(error)
    server.on("POST", f"/v2/evaluate/jobs/{RUN}/cancel", _cancelled)
    assert whole.eval.cancel(job_id=RUN).status == "cancelled"


def _cancelled(_: Request) -> Reply:
    return Reply(json={"job_id": RUN, "status": "cancelled", "message": "it stops"})


def test_waits_that_cannot_work(whole: Any, server: ScriptedServer) -> None:
    with pytest.raises(InvalidRequest, match="timeout"):
        whole.eval.evaluate(**ARGUMENTS, timeout=0)
    with pytest.raises(InvalidRequest, match="poll_interval"):
        whole.eval.job(RUN).wait(poll_interval=0)
    assert server.requests == []


def test_a_server_that_restarts_ends_no_wait(whole: Any, server: ScriptedServer) -> None:
    server.script(accepted(), Reply(drop=True), problem(502), problem(429))
    server.on("GET", STATUS, states(status("completed", 2)))
    server.on("GET", RESULT, Reply(json=evaluation()))
    assert whole.eval.evaluate(**ARGUMENTS).id == RUN


def test_wrong_items_are_named_before_anything_is_sent(whole: Any, server: ScriptedServer) -> None:
    with pytest.raises(InvalidRequest) as caught:
        whole.eval.evaluate(
            dataset=[DATASET[0], {"input": 1, "out": "x"}], metrics=[], project_name=""
        )
    places = {error.path for error in caught.value.errors}
    assert {"dataset[1].input", "dataset[1].output", "metrics", "project_name"} <= places
    assert server.requests == []


def test_keys_stay_out_of_errors(whole: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        whole.eval.evaluate(**ARGUMENTS, openai_api_key=7)
    assert "7" not in str(caught.value)


def test_too_large_a_dataset(whole: Any, server: ScriptedServer) -> None:
    members = {"error": "dataset_too_large", "dataset_size": 10_001, "max_allowed": 10_000}
    server.script(problem(400, "10001 items; at most 10000 may be sent", **members))
    with pytest.raises(evalwright.DatasetTooLargeError) as caught:
        whole.eval.evaluate(**ARGUMENTS)
    error = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(error, InvalidRequest)
    assert isinstance(error, evalwright.DatasetTooLargeError)
    assert (error.dataset_size, error.max_allowed) == (10_001, 10_000)


def test_quotas(whole: Any, server: ScriptedServer) -> None:
    """They are refused at once: another try a second later would be, too."""
    figures = {"current_usage": 5, "quota_limit": 5, "service": "evaluation"}
    server.script(problem(429, "used up", error="quota_exceeded", **figures))
    with pytest.raises(evalwright.QuotaExceededError) as caught:
        whole.eval.evaluate(**ARGUMENTS)
    assert isinstance(caught.value, RateLimited)
    assert (caught.value.current_usage, caught.value.quota_limit) == (5, 5)
    assert caught.value.service == "evaluation"
    tokens = {"current_tokens_used": 90, "predicted_tokens": 20, "token_quota_limit": 100}
    server.script(problem(429, "used up", error="token_quota_exceeded", **tokens))
    with pytest.raises(evalwright.TokenQuotaExceededError) as refused:
        whole.eval.evaluate(**ARGUMENTS)
    error = refused.value
    assert (error.current_tokens, error.predicted_tokens, error.token_limit) == (90, 20, 100)
    assert (error.current_usage, error.quota_limit) == (90, 100)
    assert len(server.requests) == 2


def test_a_refusal_is_a_text(whole: Any, server: ScriptedServer) -> None:
    server.script(Reply(403, json={"title": "Forbidden", "status": 403, "detail": REFUSAL}))
    with pytest.raises(Forbidden, match="not yours"):
        whole.eval.evaluate(**ARGUMENTS)


REFUSAL = {"error": "forbidden", "message": "this project is not yours"}


def test_items_come_as_they_are_done(whole: Any, server: ScriptedServer) -> None:
    """A stream that breaks goes on behind the last item; one that ends too early does, too."""
    stream = f"{RESULT}/items/stream"
    replies = iter([lines(item(0), cut=True), lines(), lines(item(1))])
    server.on("GET", stream, lambda _: next(replies))
    server.on("GET", STATUS, states("running", status("completed", 2)))
    found = list(whole.eval.job(RUN).iter_items())
    assert [each.index for each in found] == [0, 1]
    asked = [each.query for each in server.requests if each.path == stream]
    assert asked == [{"after": "-1"}, {"after": "0"}, {"after": "0"}]


def test_a_stream_that_is_refused(whole: Any) -> None:
    with pytest.raises(evalwright.EvalwrightError, match="404"):
        list(whole.eval.job(RUN).iter_items())


def test_a_stream_that_never_comes(whole: Any, server: ScriptedServer) -> None:
    server.on("GET", f"{RESULT}/items/stream", Reply(drop=True))
    with pytest.raises(ConnectionFailed):
        list(whole.eval.job(RUN).iter_items())


def test_reading_evaluations(whole: Any, server: ScriptedServer) -> None:
    server.on("GET", RESULT, Reply(json=evaluation()))
    server.on("GET", f"{RESULT}/metrics", Reply(json=evaluation()["metrics"]))
    server.on("GET", f"{RESULT}/items", page([item(0)], more=True))
    server.on("GET", f"/v2/evaluate/items/{RUN}:0", Reply(json=item(0)))
    assert whole.eval.get(run_id=RUN).project_name == "my-app"
    assert [each.metric_key for each in whole.eval.metrics(run_id=RUN)] == ["equals", "fluency"]
    assert whole.eval.items(run_id=RUN, page=2, page_size=1).items[0].index == 0
    assert server.requests[-1].query == {"page": "2", "page_size": "1"}
    assert whole.eval.get_item(item_id=f"{RUN}:0").output == "Paris."
    server.script(page([item(0)], more=True), page([item(0), item(1)], number=2))
    assert [each.index for each in whole.eval.iter_items(run_id=RUN)] == [0, 1]


def test_comparing(whole: Any, server: ScriptedServer) -> None:
    compared = {
        "runs": [evaluation(), evaluation()],
        "metrics": [
            {
                "metric_key": "equals",
                "metric_name": "Equals",
                "scores": [0.5, 1.0],
                "differences": [0.0, 0.5],
            }
        ],
        "overall_scores": [0.5, 1.0],
    }
    server.script(Reply(json=compared))
    assert whole.eval.compare(run_ids=["a", "b"]).metrics[0].differences == [0.0, 0.5]
    assert server.requests[0].target.endswith("?run_ids=a&run_ids=b")
    with pytest.raises(InvalidRequest, match="list of IDs"):
        whole.eval.compare(run_ids="a,b")


def _projects(_: Request) -> Reply:
    project = {"id": PROJECT, "name": "my-app", "space_id": PROJECT, "created_at": NOW}
    return Reply(
        json={"projects": [project], "pagination": {"next_cursor": None, "has_more": False}}
    )


def test_projects_by_name(whole: Any, server: ScriptedServer) -> None:
    server.on("GET", "/v2/projects", _projects)
    server.on("GET", "/v2/evaluate/runs", page([evaluation()]))
    assert [run.id for run in whole.eval.iter(project="my-app", status="completed")] == [RUN]
    assert server.requests[-1].query["project_id"] == PROJECT
    assert whole.eval.list(project=PROJECT).total == 1
    point = {"date": "2026-01-02", "metric": "equals", "score": 0.5, "run_count": 1}
    server.on("GET", "/v2/evaluate/trends", Reply(json=[point]))
    assert whole.eval.trends(project="my-app", metrics=["equals", "bleu"])[0].score == 0.5
    assert server.requests[-1].query["metrics"] == "equals,bleu"
    with pytest.raises(NameNotFound, match="my-app"):
        whole.eval.stats(project="my-ap")


def test_metrics_there_are(whole: Any, server: ScriptedServer) -> None:
    template = {
        "key": "equals",
        "display_name": "Equals",
        "definition": "the same text",
        "value_type": "boolean",
        "category": "heuristic",
        "engines": ["rules"],
        "needs": ["expected"],
        "default_threshold": 1.0,
    }
    server.on("GET", "/v2/admin/metric-templates", Reply(json=[template]))
    metrics = f"/v2/admin/projects/{PROJECT}/metrics"
    server.on("GET", metrics, Reply(json=[template]))
    server.on("POST", metrics, Reply(json=template))
    assert whole.eval.templates()[0].needs == ["expected"]
    assert whole.eval.project_metrics(project=PROJECT)[0].key == "equals"
    assert whole.eval.add_project_metric(project=PROJECT, key="equals").key == "equals"
    assert server.requests[-1].json == {"key": "equals"}


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


def test_time_is_not_spent_polling(whole: Any, server: ScriptedServer, tape: Tape) -> None:
    """A server that holds polls tells of the end by itself; nobody sleeps meanwhile."""
    held = {"Preference-Applied": "wait=25"}

    def answer(request: Request) -> Reply:
        tape.now += 20
        over = tape.now > 50
        found = status("completed", 2) if over else status()
        return Reply(json=found, headers={**held, "ETag": f'"{over}"'})

    server.on("GET", STATUS, answer)
    assert whole.eval.job(RUN).wait(timeout=100).is_completed
    assert tape.slept == []
