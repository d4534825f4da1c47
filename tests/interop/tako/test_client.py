"""Every call of the client, unmodified."""

import inspect
import pathlib
import socket
import time
import uuid
from typing import Any

import pytest
import tako_vm.sdk as module
from tako_vm.sdk import (
    ClientError,
    SDKExecutionError,
    TakoVM,
    TransportError,
)

from interop.server_process import ServerProcess
from interop.tako.functions import Pair, Sum, add, fail

FILES = """
import json, pathlib
data = json.load(open("/input/data.json"))
pathlib.Path("/output/notes.txt").write_text("notes of " + data["name"])
pathlib.Path("/output/result.json").write_text(json.dumps({"size": len(data["name"])}))
print("done")
"""
ENDLESS = "import time\nprint('begun', flush=True)\ntime.sleep(600)\n"
NOWHERE = "00000000-0000-4000-8000-000000000000"


def until(tako: TakoVM, job_id: str, status: str) -> dict[str, Any]:
    """Poll as the client's users do."""
    deadline = time.monotonic() + 30
    seen: dict[str, Any] = tako.get_status(job_id)
    while seen["status"] != status:
        assert time.monotonic() < deadline, seen
        seen = tako.get_status(job_id)
    return seen


def test_typed_functions(tako: TakoVM) -> None:
    assert tako.send(add, Pair(1, 2)) == Sum(3)
    raw = tako.send_raw(add, Pair(2, 3), timeout=10)
    assert (raw.success, raw.output, raw.stdout) == (True, Sum(5), "adding\n")
    assert (raw.exit_code, raw.job_type, raw.error) == (0, "default", None)
    assert raw.execution_time >= 0
    assert raw.runtime
    assert raw.correlation_id
    assert tako.get_execution(str(raw.job_id))["stdout"] == "adding\n"


def test_typed_functions_that_fail(tako: TakoVM) -> None:
    with pytest.raises(SDKExecutionError) as caught:
        tako.send(fail, Pair(7, 0))
    assert caught.value.exit_code == 1
    assert "ValueError: not 7" in caught.value.stderr
    raw = tako.send_raw(fail, Pair(7, 0))
    assert (raw.success, raw.output) == (False, None)
    assert raw.error


def test_typed_functions_in_the_queue(tako: TakoVM) -> None:
    job_id = tako.submit(add, Pair(20, 1), timeout=20)
    result = tako.get_result(job_id, timeout=30)
    assert (result["status"], result["output"]) == ("succeeded", {"total": 21})


def test_a_job_from_submission_to_its_files(tako: TakoVM) -> None:
    job_id = tako.submit_code(FILES, {"name": "Ada"})
    result = tako.get_result(job_id, timeout=30, view="full")
    assert (result["status"], result["stdout"], result["output"]) == (
        "succeeded",
        "done\n",
        {"size": 3},
    )
    assert (result["execution_id"], result["job_type"]) == (job_id, "default")
    assert {row["name"]: row["size_bytes"] for row in result["artifacts"]}["notes.txt"] == 12
    assert len(result["code_hash"]) == len(result["input_hash"]) == 64
    assert {row["name"] for row in result["input_artifacts"]} == {"_code.py", "_input.json"}
    assert result["resource_usage"]["max_rss_mb"] > 0
    assert tako.download_artifact(job_id, "notes.txt") == b"notes of Ada"
    status = tako.get_status(job_id)
    assert (status["job_id"], status["status"]) == (job_id, "succeeded")
    assert status["duration_ms"] >= 0
    with pytest.raises(ClientError) as caught:
        tako.download_artifact(job_id, "nothing.txt")
    assert (caught.value.status_code, caught.value.detail) == (404, "Artifact not found")


def test_results_that_are_not_there_yet(tako: TakoVM) -> None:
    job_id = tako.submit_code(ENDLESS)
    record = tako.get_result(job_id)
    assert record["status"] in {"queued", "running"}
    assert (record["stdout"], record["output"], record["error"]) == ("", None, None)
    with pytest.raises(ClientError) as caught:
        tako.get_result(job_id, timeout=1)
    assert (caught.value.status_code, caught.value.detail) == (408, "Timeout waiting for job")
    with pytest.raises(ClientError) as caught:
        tako.rerun(job_id)
    assert caught.value.status_code == 400
    until(tako, job_id, "running")
    assert tako.cancel(job_id) == {"status": "cancelled", "job_id": job_id}
    cancelled = tako.get_result(job_id, timeout=20)
    assert (cancelled["status"], cancelled["error"]["type"]) == ("cancelled", "cancelled")
    assert tako.get_status(job_id)["status"] == "cancelled", "status and result agree"
    with pytest.raises(ClientError) as caught:
        tako.cancel(job_id)
    assert caught.value.detail == "Job not found or already completed"


def test_reruns_and_forks(tako: TakoVM) -> None:
    parent = tako.submit_code(FILES, {"name": "Ada"}, timeout=17)
    tako.get_result(parent, timeout=30)
    again = tako.get_result(tako.rerun(parent), timeout=30, view="full")
    assert (again["parent_execution_id"], again["relationship"]) == (parent, "rerun")
    assert again["output"] == {"size": 3}
    fork = tako.fork(parent, "print(open('/input/data.json').read())", timeout=5)
    forked = tako.get_result(fork, timeout=30, view="full")
    assert "Ada" in forked["stdout"]
    assert forked["relationship"] == "fork"
    assert tako.get_result(tako.rerun(fork, job_type="default"), timeout=30)["exit_code"] == 0


def test_keys(tako: TakoVM) -> None:
    key = f"key-{uuid.uuid4().hex}"
    first = tako.submit_code("print(1)", {"a": 1, "b": 2}, idempotency_key=key)
    assert tako.submit_code("print(1)", {"b": 2, "a": 1}, idempotency_key=key) == first
    with pytest.raises(ClientError) as caught:
        tako.submit_code("print(2)", idempotency_key=key)
    assert caught.value.status_code == 409
    assert caught.value.detail == "Idempotency key reused with different payload"


def test_a_program_can_t_forge_its_end(tako: TakoVM) -> None:
    """Exit code 124 and the word MemoryError were believed."""
    for code in ("raise SystemExit(124)", "import sys; sys.exit('MemoryError')"):
        record = tako.get_result(tako.submit_code(code), timeout=30)
        assert record["status"] == "failed"
        assert record["error"]["type"] not in {"timeout", "oom"}


@pytest.mark.parametrize(
    ("code", "options", "status", "kind"),
    [
        ("while True: pass", {"timeout": 1}, "timeout", "execution_timeout"),
        ("x = []\nwhile True: x.append(b'x' * (4 << 20))", {}, "oom", "oom"),
        ("import os; os.kill(os.getpid(), 11)", {}, "failed", "segfault"),
        ("import nothing_at_all", {}, "failed", "import_error"),
        ("print(", {}, "failed", "syntax_error"),
        ("1 / 0", {}, "failed", "division_error"),
    ],
)
def test_ends(tako: TakoVM, code: str, options: dict[str, int], status: str, kind: str) -> None:
    record = tako.get_result(tako.submit_code(code, **options), timeout=60)
    assert record["status"] == status
    assert record["error"]["type"] == kind or (status == "timeout" and record["error"])


def test_history(tako: TakoVM) -> None:
    ids = [tako.submit_code(f"print({number})") for number in range(3)]
    for job_id in ids:
        tako.get_result(job_id, timeout=30)
    page = tako.list_executions(limit=3)
    assert (page["limit"], page["offset"], page["count"]) == (3, 0, 3)
    assert page["has_more"] is True
    assert {row["execution_id"] for row in page["items"]} <= {
        row["execution_id"] for row in tako.list_executions(limit=1000)["items"]
    }
    found = tako.list_executions(status="succeeded", job_type="default", limit=1000, view="full")
    assert set(ids) <= {row["execution_id"] for row in found["items"]}
    assert tako.list_executions(status="no such status")["items"] == []
    assert tako.get_execution(ids[0], view="full")["code_hash"]


def test_hostile_results_break_no_listing(tako: TakoVM) -> None:
    """A list in result.json, or half a surrogate pair, made every page with it answer 500."""
    for text in ("[1, 2]", '{"a": "\\\\ud800"}', '{"a": NaN}', "[" * 50_000):
        code = f"open('/output/result.json', 'w').write({text!r})"
        record = tako.get_result(tako.submit_code(code), timeout=30)
        assert record["status"] == "succeeded"
    assert tako.list_executions(limit=5)["count"] == 5


def test_what_is_told_of_the_server(tako: TakoVM) -> None:
    health = tako.health()
    assert health["status"] == "healthy"
    assert health["queue_stats"].keys() == tako.pool_stats().keys()
    assert health["queue_stats"]["max_workers"] > 0
    assert isinstance(health["docker_available"], bool)
    assert health["circuit_breaker"]["state"] == "closed"
    stats = tako.dlq_stats()
    assert isinstance(stats["total"], int)
    assert isinstance(stats["by_error_type"], dict)


def test_job_types(tako: TakoVM) -> None:
    names = {row["name"] for row in tako.list_job_types()}
    assert {"default", "data-processing", "ml-inference"} <= names
    default = tako.get_job_type("default")
    assert (default["memory_limit"], default["cpu_limit"], default["timeout"]) == ("512m", 1.0, 30)
    built = tako.build_job_type("default")
    assert (built["status"], built["job_type"]) == ("built", "default")
    assert built["version"].startswith("default@sha256:")
    with pytest.raises(ClientError) as caught:
        tako.get_job_type("nothing")
    assert caught.value.status_code == 404


def test_refusals(tako: TakoVM) -> None:
    for call in (tako.get_status, tako.get_result, tako.cancel, tako.rerun, tako.get_execution):
        with pytest.raises(ClientError) as caught:
            call(NOWHERE)
        assert caught.value.status_code == 404
        assert caught.value.correlation_id
    with pytest.raises(ClientError) as caught:
        tako.submit_code("   ")
    assert caught.value.status_code == 422
    assert '"loc": ["body", "code"]' in str(caught.value.detail)
    with pytest.raises(ClientError) as caught:
        tako.submit_code("1", timeout=301)
    assert caught.value.status_code == 422
    with pytest.raises(ClientError) as caught:
        tako.submit_code("1", {"a": "x" * 3_000_000})
    assert caught.value.status_code == 413
    refused = tako.send_raw(add, Pair(1, 2), timeout=999)
    assert (refused.success, refused.output) == (False, None)
    assert "422" in str(refused.error)


def test_correlation(url: str) -> None:
    client = TakoVM(url, correlation_id="one for all")
    with pytest.raises(ClientError) as caught:
        client.get_status(NOWHERE)
    assert caught.value.correlation_id == "one for all"


def test_keys_of_the_server(python: str, tmp_path: pathlib.Path) -> None:
    with ServerProcess(python, tmp_path, "--api-key", "0123456789abcdef") as server:
        url = f"http://{server.host}"
        for headers in (
            {"X-API-Key": "0123456789abcdef"},
            {"Authorization": "Bearer 0123456789abcdef"},
        ):
            assert TakoVM(url, headers=headers).list_executions()["items"] == []
        with pytest.raises(ClientError) as caught:
            TakoVM(url).list_executions()
        assert caught.value.status_code == 401
        assert TakoVM(url).health()["status"] == "healthy", "health needs no key"


def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(TransportError):
        TakoVM(address).cancel(NOWHERE)


def test_the_module_s_own_functions(url: str) -> None:
    module.configure(url)
    assert module.send(add, Pair(1, 1)) == Sum(2)
    assert module.send_raw(add, Pair(1, 1)).success
    job_id = module.submit_code(FILES, {"name": "Ada"})
    assert module.get_result(job_id, timeout=30)["status"] == "succeeded"
    assert module.get_status(job_id)["status"] == "succeeded"
    assert module.download_artifact(job_id, "notes.txt")
    assert module.get_result(module.submit(add, Pair(1, 1)), timeout=30)["output"] == {"total": 2}
    assert module.get_result(module.rerun(job_id), timeout=30)["status"] == "succeeded"
    fork = module.fork(job_id, ENDLESS)
    assert module.cancel(fork)["status"] == "cancelled"
    assert module.get_execution(job_id)["execution_id"] == job_id
    assert module.list_executions(limit=1)["count"] == 1
    assert module.health()["version"]
    assert module.pool_stats()["max_queue_size"] > 0
    assert module.dlq_stats()["total"] >= 0
    assert module.list_job_types()
    assert module.get_job_type("default")["name"] == "default"
    assert module.build_job_type("default")["status"] == "built"


def test_nothing_was_left_out() -> None:
    """Every public method of the client, and every function of its module, is called above."""
    text = pathlib.Path(__file__).read_text()
    methods = {
        name
        for name, _ in inspect.getmembers(TakoVM, inspect.isfunction)
        if not name.startswith("_")
    }
    functions = {name for name in module.__all__ if inspect.isfunction(getattr(module, name))}
    assert [name for name in sorted(methods) if f"tako.{name}" not in text] == []
    assert [name for name in sorted(functions) if f"module.{name}" not in text] == []
