"""Analyses over HTTP, with servers that answer at once, later, or badly; both twins."""

import pickle
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
    evaluation,
    item,
    lines,
    page,
    states,
    status,
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
