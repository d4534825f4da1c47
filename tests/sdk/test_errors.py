"""The error tree: what catches what, what the texts say, and that all of it survives a pickle."""

import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from evalwright import AsyncJobStatus, errors
from evalwright.types import AnalysisProblem, EvaluationResult, Job, Problem, TaskRun
from sdk import analysis_samples, job_samples, samples

ANSWER: dict[str, Any] = {"method": "GET", "path": "/v2/tasks/x", "request_id": "req-1"}
RUN = TaskRun.model_validate(samples.run("running", done=3))
JOB = Job.model_validate(job_samples.slim("running"))
STATUS = AsyncJobStatus("A", "evaluation", "failed", 50.0, 1, 2, None, None, "no luck")
RESULT = EvaluationResult.model_validate(analysis_samples.evaluation("failed"))
LARGE = AnalysisProblem(
    title="Bad Request",
    status=400,
    detail="too many",
    error="dataset_too_large",
    dataset_size=9,
    max_allowed=8,
)
USED = AnalysisProblem(title="Too Many", status=429, detail="used", quota_limit=1, service="x")

SAMPLES: list[errors.EvalwrightError] = [
    errors.EvalwrightError("plain"),
    errors.InvalidRequest([errors.FieldError("a", "is wrong"), errors.FieldError("b", "too")]),
    *(
        kind(
            status=status,
            **ANSWER,
            problem=Problem(title="Broken", status=status, detail="it broke"),
            body=b"{}",
            headers={"x-request-id": "req-1"},
            errors=[errors.FieldError("name", "is taken", allowed=("x",))],
        )
        for status, kind in (
            (418, errors.APIError),
            (400, errors.BadRequest),
            (401, errors.Unauthorized),
            (403, errors.Forbidden),
            (404, errors.NotFound),
            (409, errors.Conflict),
            (412, errors.PreconditionFailed),
            (422, errors.Unprocessable),
            (429, errors.RateLimited),
            (503, errors.ServerError),
        )
    ),
    errors.DatasetTooLargeError(status=400, **ANSWER, problem=LARGE),
    errors.QuotaExceededError(status=429, **ANSWER, problem=USED),
    errors.TokenQuotaExceededError(status=429, **ANSWER, problem=USED),
    errors.AnalysisFailed(status=STATUS, partial=RESULT),
    errors.AnalysisCancelled(status=STATUS),
    errors.AnalysisTimeout(job_id="A", job_type="security", status=None, timeout=0.4),
    errors.AnalysisTimeout(job_id="A", job_type="security", status=STATUS, timeout=0.4),
    errors.TimeoutError("time is up"),
    errors.ResponseFormatError(status=200, **ANSWER, reason="HTML", body=b"<html>" * 99),
    errors.ConnectionFailed(base_url="http://x", reason="connection refused"),
    errors.Timeout(method="GET", path="/v2/tasks", timeout=1.5),
    errors.WaitTimeout(run_id="R", run=RUN, timeout=0.4),
    errors.WaitTimeout(run_id="R", run=None, timeout=0.4),
    errors.JobWaitTimeout(job_id="J", job=None, timeout=0.4),
    errors.JobWaitTimeout(job_id="J", job=JOB, timeout=0.4),
    errors.JobFailed(job_id="J", status="failed", exit_code=1, message="no", stderr="ValueError"),
    errors.JobFailed(job_id="J", status="cancelled"),
    errors.UnexpectedResult(job_id="J", result=[1], reason="no number"),
    errors.ChecksumMismatch(name="a", expected="1", found="2"),
    errors.NameNotFound(kind="task", name="x", scope=None, nearest=["y"], searched=3),
    errors.AmbiguousName(
        kind="task",
        name="x",
        candidates=[errors.Candidate("1", "x", "space S", datetime(2026, 1, 1, tzinfo=UTC))],
        disambiguate="space",
    ),
    errors.ClientClosed("closed"),
    errors.MissingExtra("the async client", "async"),
]


def test_every_class_is_sampled() -> None:
    raised = {
        getattr(errors, name)
        for name in errors.__all__
        if issubclass(getattr(errors, name), Exception)
    }
    assert raised == {type(error) for error in SAMPLES}


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_survives_pickling(error: errors.EvalwrightError) -> None:
    """Worker processes hand errors over this way; a TypeError in their place helps nobody."""
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert copy.args == error.args
    assert vars(copy) == vars(error)


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_texts_say_something(error: errors.EvalwrightError) -> None:
    text = str(error)
    assert text
    assert text == text.strip()
    if getattr(error, "request_id", None):
        assert "req-1" in text
        assert "GET /v2/tasks/x" in text


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.InvalidRequest, ValueError),
        (errors.BadRequest, errors.InvalidRequest),
        (errors.Unprocessable, errors.InvalidRequest),
        (errors.NotFound, errors.APIError),
        (errors.ConnectionFailed, ConnectionError),
        (errors.Timeout, TimeoutError),
        (errors.WaitTimeout, TimeoutError),
        (errors.JobWaitTimeout, errors.WaitTimeout),
        (errors.JobFailed, RuntimeError),
        (errors.UnexpectedResult, TypeError),
        (errors.NameNotFound, LookupError),
        (errors.AmbiguousName, LookupError),
        (errors.ClientClosed, RuntimeError),
        (errors.MissingExtra, ImportError),
    ],
)
def test_what_catches_what(kind: type[Exception], builtin: type[Exception]) -> None:
    assert issubclass(kind, builtin)
    assert issubclass(kind, errors.EvalwrightError)


def test_an_answer_names_its_fields() -> None:
    error = errors.BadRequest(
        status=400,
        **ANSWER,
        problem=Problem(title="Bad request", status=400),
        errors=[errors.FieldError("limit", "must be at most 100")],
    )
    assert str(error) == (
        "400 Bad Request: Bad request (GET /v2/tasks/x, request req-1)\nlimit: must be at most 100"
    )


def test_an_answer_without_a_problem_still_says_what_it_is() -> None:
    assert str(errors.ServerError(status=502, method="GET", path="/")) == "502 Bad Gateway (GET /)"
    assert str(errors.APIError(status=599, method="GET", path="/")).startswith("599 ")


def test_a_refused_connection_says_what_to_do() -> None:
    text = str(errors.ConnectionFailed(base_url="http://127.0.0.1:8000", reason="refused"))
    assert "http://127.0.0.1:8000" in text
    assert "evalwright serve" in text
    assert "EVALWRIGHT_BASE_URL" in text


def test_a_wait_that_ran_out_carries_the_run() -> None:
    error = errors.WaitTimeout(run_id="R", run=RUN, timeout=0.4)
    assert error.run is RUN
    assert "within 0.4 s: it is 'running'" in str(error)


def test_the_start_of_an_unreadable_answer_is_kept() -> None:
    error = errors.ResponseFormatError(status=200, **ANSWER, reason="HTML", body=b"x" * 1000)
    assert error.body == b"x" * 200
