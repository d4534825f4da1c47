"""The client's own calls, keys, limits, and what its errors say."""

import inspect
import pathlib
import socket
from collections.abc import Callable
from typing import Any

import pytest
import valiqor
from valiqor.eval import ValiqorEvalClient
from valiqor.failure_analysis import ValiqorFAClient
from valiqor.security import ValiqorSecurityClient

from interop.server_process import ServerProcess
from interop.valiqor_client.conftest import Connect
from interop.valiqor_client.rows import IBUPROFEN, PARIS, REFUSED

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_projects(client: Any, project: str) -> None:
    made = client.create_project(project)
    assert made["name"] == project
    assert made["id"] in {each["id"] for each in client.list_projects()}
    assert client.get_project()["name"] == project
    assert client.get_project(made["id"])["id"] == made["id"]


def test_who_asks_and_what_was_used(client: Any) -> None:
    assert client.validate_auth()["valid"] is True
    before = client.get_usage()["total_api_usage"]
    client.eval.evaluate([PARIS], ["equals"])
    usage = client.get_usage()
    assert usage["total_api_usage"] == before + 1
    assert usage["services"]["evaluation"] >= 1
    assert {"plan", "reset_date", "token_usage", "token_quota_limit"} <= usage.keys()


def test_keys(python: str, tmp_path: pathlib.Path, connect: Connect) -> None:
    with ServerProcess(python, tmp_path, "--api-key", "vq_0123456789abcdef") as server:
        good = connect(server.host, "keys", api_key="vq_0123456789abcdef")
        assert good.validate_auth()["valid"] is True
        bad = connect(server.host, "keys", api_key="vq_wrong")
        for call in (bad.validate_auth, bad.eval.list_projects, bad.security.get_usage):
            with pytest.raises(valiqor.AuthenticationError):
                call()


def test_the_client_wants_keys_of_its_form(server: ServerProcess, connect: Connect) -> None:
    with pytest.raises(valiqor.AuthenticationError, match="start with 'vq_'"):
        _ = connect(server.host, "keys", api_key="anything").eval


def test_wrong_requests_say_what_is_wrong(client: Any) -> None:
    wrong: list[tuple[Callable[[], Any], str]] = [
        (lambda: client.eval.evaluate([PARIS], ["equls"]), "did you mean 'equals'"),
        (lambda: client.eval.evaluate([PARIS, {"input": "x"}], ["equals"]), "item 1"),
        (lambda: client.eval.evaluate({"a": 1}, ["equals"]), "dataset"),
        (lambda: client.eval.evaluate_trace({"x": 1}, ["equals"]), "no step"),
        (lambda: client.security.audit([{"user_inpt": "x"}]), "user_input"),
        (lambda: client.security.audit([REFUSED], categories=["S99"]), "S99"),
        (lambda: client.failure_analysis.run(dataset=[{"input": 3}]), "/dataset/0"),
        (lambda: client.failure_analysis.run(dataset=[IBUPROFEN], buckets=["safty"]), "safety"),
        (lambda: client.eval.compare_runs([NOWHERE]), "2"),
    ]
    for call, words in wrong:
        with pytest.raises(valiqor.ValidationError) as caught:
            call()
        assert words in str(caught.value)


def test_what_is_not_there(client: Any) -> None:
    for call in (
        client.eval.get_run,
        client.eval.get_job_status,
        client.eval.cancel_job,
        client.failure_analysis.get_run,
        client.failure_analysis.get_bucket,
        client.security.get_audit_result,
        client.security.get_redteam_run,
    ):
        with pytest.raises(valiqor.APIError) as caught:
            call(NOWHERE)
        assert caught.value.status_code == 404
        assert NOWHERE in str(caught.value)


def test_limits(python: str, tmp_path: pathlib.Path, connect: Connect) -> None:
    limits = {"EVALWRIGHT_MAX_DATASET": "3", "EVALWRIGHT_ANALYSIS_QUOTA": "2"}
    limits |= {"EVALWRIGHT_TOKEN_QUOTA": "100", "EVALWRIGHT_PLAYGROUND_PER_MINUTE": "1"}
    with ServerProcess(python, tmp_path, **limits) as server:
        client = connect(server.host, "limits")
        with pytest.raises(valiqor.DatasetTooLargeError) as large:
            client.security.audit([REFUSED] * 4)
        assert (large.value.dataset_size, large.value.max_allowed) == (4, 3)
        with pytest.raises(valiqor.TokenQuotaExceededError) as tokens:
            client.eval.evaluate([PARIS] * 3, ["coherence"], openai_api_key="sk-never-sent")
        assert (tokens.value.current_tokens, tokens.value.token_limit) == (0, 100)
        assert tokens.value.predicted_tokens > 100
        for _ in range(2):
            client.eval.evaluate([PARIS], ["equals"])
        with pytest.raises(valiqor.QuotaExceededError) as runs:
            client.eval.evaluate([PARIS], ["equals"])
        assert (runs.value.current_usage, runs.value.quota_limit) == (2, 2)
        assert client.get_usage()["api_quota_remaining"] == 0
        client.failure_analysis.playground("Hello", "Hello.")
        with pytest.raises(valiqor.RateLimitError) as often:
            client.failure_analysis.playground("Hello", "Hello.")
        assert 0 < often.value.retry_after <= 60


def test_nobody_there(connect: Connect) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(valiqor.NetworkError):
        connect(host, "nowhere").validate_auth()


def test_a_server_s_path_may_have_a_slash(server: ServerProcess, connect: Connect) -> None:
    client = connect(server.host, "slash", base_url=f"http://{server.host}/")
    assert client.eval.evaluate([PARIS], ["equals"]).overall_score == 1


def test_the_environment_names_the_server(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VALIQOR_API_KEY", "vq_any")
    monkeypatch.setenv("VALIQOR_BACKEND_URL", url)
    monkeypatch.setenv("VALIQOR_PROJECT_NAME", "environment")
    client = valiqor.ValiqorClient()
    assert client.eval.evaluate([PARIS], ["equals"]).status == "completed"


def test_nothing_was_left_out() -> None:
    """Every public method of the client and of its three parts is called in this folder."""
    here = pathlib.Path(__file__).parent
    text = "\n".join(path.read_text() for path in here.glob("test_*.py"))
    parts = (ValiqorEvalClient, ValiqorFAClient, ValiqorSecurityClient, valiqor.ValiqorClient)
    methods = {
        name
        for part in parts
        for name, member in inspect.getmembers(part, callable)
        if not name.startswith("_")
    }
    assert len(methods) > 60
    assert [name for name in sorted(methods) if f".{name}" not in text] == []
