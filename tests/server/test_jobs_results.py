"""Jobs that are really run: what becomes of them, and that everybody is told the same."""

import contextlib
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from fixtures_server import server_settings, serving
from server.client import Api
from server.jobs import code_hash, details, input_hash, result, run, submit

WRITE = "import json\njson.dump({}, open('/output/result.json', 'w'))\n"
SLEEP = "import time\nprint('begun', flush=True)\ntime.sleep(60)\n"


def begun(api: Api, job: str) -> None:
    """Wait until a job has begun, as far as its status tells."""
    tag = ""
    while (reply := api.get(f"/jobs/{job}", Prefer="wait=5", **{"If-None-Match": tag})).body[
        "status"
    ] == "queued":
        tag = reply.headers["ETag"]


ENDS = {
    "print('fine')": ("succeeded", 0, None),
    "raise SystemExit(3)": ("failed", 3, "runtime_error"),
    "1/0": ("failed", 1, "division_error"),
    "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)": ("failed", 139, "segfault"),
    "raise SystemExit(124)": ("failed", 124, "runtime_error"),
    "import sys; print('MemoryError', file=sys.stderr); raise SystemExit(137)": (
        "failed",
        137,
        "runtime_error",
    ),
    "this is no python": ("failed", 1, "syntax_error"),
}


@pytest.mark.parametrize("code", ENDS, ids=[each[:30] for each in ENDS])
def test_a_job_ends_as_its_supervisor_saw_it(api: Api, code: str) -> None:
    record = run(api, code)
    kind = record["error"] and record["error"]["type"]
    assert (record["status"], record["exit_code"], kind) == ENDS[code]


def test_everybody_is_told_the_same(api: Api) -> None:
    job = submit(api, "raise SystemExit(3)")
    record = result(api, job)
    shown = details(api, job)
    assert {**record, "queue_position": None} == shown
    assert api.get(f"/executions/{job}?view=full").body == record
    assert record in api.get("/executions?view=full").body["items"]
    assert record in api.get("/executions?view=full&status=failed&job_type=default").body["items"]
    assert api.get(f"/v2/runs/{job}").body["state"] == "failed"


def test_a_job_is_measured(api: Api) -> None:
    record = run(api, "x = bytearray(60 << 20)\nopen('/output/a', 'wb').write(x[:1000])\nsum(x)")
    usage = record["resource_usage"]
    assert 55 < usage["memory_peak_mb"] < 512
    assert usage["cpu_time_seconds"] > 0
    assert usage["io_write_bytes"] >= 1000
    assert {"cpu_time_ms", "max_rss_mb", "wall_time_ms", "io_read_bytes"} <= set(usage)
    assert record["isolation"]["driver"] == record["runtime"]
    assert record["timing"]["phase_at_exit"] == "completed"


def test_a_time_limit_ends_a_job_and_keeps_what_it_wrote(api: Api) -> None:
    record = run(api, SLEEP, timeout=1)
    assert (record["status"], record["exit_code"]) == ("timeout", 124)
    assert record["stdout"] == "begun\n"
    assert record["error"]["type"] in {"timeout", "execution_timeout"}


def test_too_much_memory_is_oom(api: Api) -> None:
    record = run(api, "x = bytearray(900 << 20)\nsum(x)", limits={"memory_mb": 128})
    assert (record["status"], record["error"]["type"]) == ("oom", "oom")


def test_cancelling_a_running_job_kills_it(api: Api) -> None:
    job = submit(api, SLEEP)
    begun(api, job)
    for _ in range(2):
        cancelled = api.post(f"/jobs/{job}/cancel")
        if cancelled.status == 404:
            break
        assert cancelled.body == {"status": "cancelled", "job_id": job}
    record = result(api, job)
    assert record["status"] == api.get(f"/jobs/{job}").body["status"] == "cancelled"
    assert record["error"]["type"] == "cancelled"
    assert api.post(f"/jobs/{job}/cancel").status == 404


def test_a_program_gets_its_input_and_gives_its_output(api: Api) -> None:
    code = (
        "import json\n"
        "given = json.load(open('/input/data.json'))\n"
        "print(given['n'], given['é'])\n"
        "json.dump({'n': given['n'] + 1}, open('/output/result.json', 'w'))\n"
    )
    body = json.dumps({"code": code, "input_data": {"n": 2**64, "é": "ü"}}).encode()
    job = api.send("POST", "/execute/async", content=body).body["job_id"]
    raw = api.get(f"/jobs/{job}/result?timeout=25").content
    record = json.loads(raw)
    assert record["stdout"] == "18446744073709551616 ü\n"
    assert record["output"] == {"n": 18446744073709551617}
    hashes = details(api, job)["content_hashes"]
    assert hashes["input_hash"] == input_hash({"n": 2**64, "é": "ü"})
    assert hashes["code_hash"] == code_hash(code)


@pytest.mark.parametrize(
    "text",
    ["[1]", "NaN", '{"a": NaN}', '{"a": "\\ud800"}', "{", "", "9" * 5000, "[" * 100_000, "null"],
    ids=lambda text: text[:12],
)
def test_a_hostile_result_is_no_output_and_no_trouble(api: Api, text: str) -> None:
    code = "import json; text = json.load(open('/input/data.json'))['text']\n"
    code += "open('/output/result.json', 'w').write(text)"
    record = run(api, code, input_data={"text": text})
    assert (record["status"], record["output"]) == ("succeeded", None)
    assert "result.json" in record["note"]
    assert api.get("/executions?view=full").status == 200


def test_an_execution_answers_how_it_ended(api: Api) -> None:
    fine = api.post("/execute", {"code": f"print(1)\n{WRITE}", "idempotency_key": "a-key-8-long"})
    assert (fine.status, fine.body["success"], fine.body["output"]) == (200, True, {})
    assert (fine.body["stdout"], fine.body["error"]) == ("1\n", None)
    assert fine.body["execution_id"].startswith("api-")
    again = api.post("/execute", {"code": "1/0", "idempotency_key": "a-key-8-long"})
    assert (again.status, again.body["success"], again.body["exit_code"]) == (200, False, 1)
    assert again.body["error_type"] == "division_error"
    assert isinstance(again.body["error"], str)
    recorded = api.get(f"/executions/{again.body['execution_id']}").body
    assert (recorded["status"], recorded["stderr"]) == ("failed", again.body["stderr"])


def test_an_execution_does_not_wait_behind_jobs(api: Api) -> None:
    jobs = [submit(api, SLEEP) for _ in range(6)]
    with ThreadPoolExecutor() as pool:
        held = pool.submit(api.post, "/execute", {"code": "print(1)"})
        for job in jobs[:4]:
            api.post(f"/jobs/{job}/cancel")
        assert held.result().body["success"]
    for job in jobs[4:]:
        api.post(f"/jobs/{job}/cancel")
        assert result(api, job)["status"] == "cancelled"


def test_an_execution_nobody_waits_for_is_cancelled(api: Api) -> None:
    host, port = api.url.removeprefix("http://").split(":")
    body = json.dumps({"code": SLEEP}).encode()
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST /execute HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        while not (items := api.get("/executions?status=running&limit=1").body["items"]):
            pass
    assert result(api, items[0]["execution_id"])["status"] == "cancelled"


def test_a_rerun_says_what_is_equal(api: Api) -> None:
    parent = submit(api, f"print(1)\n{WRITE}", input_data={"a": 1})
    before = result(api, parent)
    for body in ({}, None, {"timeout": 5}):
        made = api.post(f"/jobs/{parent}/rerun", body)
        assert (made.status, made.body["parent_execution_id"]) == (200, parent)
        assert (made.body["status"], made.body["relationship"]) == ("pending", "rerun")
        record = result(api, made.body["job_id"])
        everything = dict.fromkeys(("code", "input", "environment", "output"), True)
        assert record["comparison"] == everything
    assert result(api, parent) == before


def test_an_empty_body_reruns_too(api: Api) -> None:
    parent = submit(api, "print(1)")
    result(api, parent)
    for content, headers in ((b"", {}), (b" ", {}), (b"null", {}), (b"", {"Content-Type": "x/y"})):
        reply = api.send("POST", f"/jobs/{parent}/rerun", content=content, headers=headers)
        assert reply.status == 200, content


def test_a_fork_of_a_running_job_has_its_input(api: Api) -> None:
    parent = submit(api, SLEEP, input_data={"a": 7})
    code = "import json; print(json.load(open('/input/data.json'))['a'])"
    made = api.post(f"/jobs/{parent}/fork", {"code": code})
    assert (made.body["relationship"], made.body["parent_execution_id"]) == ("fork", parent)
    record = result(api, made.body["job_id"])
    assert record["stdout"] == "7\n"
    assert record["comparison"] == {
        "code": False,
        "input": True,
        "environment": None,
        "output": None,
    }
    api.post(f"/jobs/{parent}/cancel")
    result(api, parent)


def test_a_server_that_stops_tells_who_waits(tmp_path: Path) -> None:
    settings = server_settings(tmp_path)
    with ThreadPoolExecutor() as pool, serving(settings) as server:
        api = Api(server.url)
        executing = pool.submit(Api(server.url).post, "/execute", {"code": SLEEP})
        while not (items := api.get("/executions?status=running").body["items"]):
            pass
        waiting = pool.submit(Api(server.url).get, f"/jobs/{submit(api, SLEEP)}/result?timeout=60")
        server.stop()
        assert executing.result().status == 503
        assert "was cancelled" in executing.result().body["hint"]
        # It may have come too late to be accepted, which is as good an end.
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            assert waiting.result().status == 503
            assert waiting.result().headers["Retry-After"]
    with serving(replace(settings, workers=0)) as server:
        record = Api(server.url).get(f"/executions/{items[0]['execution_id']}").body
        assert (record["status"], record["error"]["type"]) == ("cancelled", "cancelled")
        assert record["stdout"] in {"", "begun\n"}
