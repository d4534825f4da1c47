"""What the samples of the guide to async jobs do, with `requests` and the address of our server.

The numbers are those of the samples that the client's own server fails as they are written.
"""

import time
from typing import Any

import pytest
import requests

WAIT = 30.0
UNDERWAY = ("queued", "running")


def submit(url: str, code: str, **members: Any) -> str:
    answer = requests.post(f"{url}/execute/async", json={"code": code, **members}, timeout=WAIT)
    answer.raise_for_status()
    job = answer.json()
    assert job["status"] == "pending"
    return str(job["job_id"])


def full(url: str, job_id: str) -> dict[str, Any]:
    answer = requests.get(f"{url}/jobs/{job_id}", params={"view": "full"}, timeout=WAIT)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def result(url: str, job_id: str) -> dict[str, Any]:
    answer = requests.get(f"{url}/jobs/{job_id}/result", params={"timeout": 60}, timeout=90)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


HEAVY = """
import json
block = bytearray(60 * 1024 * 1024)
for place in range(0, len(block), 4096):
    block[place] = 1
total = sum(range(2_000_000))
open("/output/data.csv", "w").write("a,b\\n1,2\\n")
json.dump({"total": total}, open("/output/result.json", "w"))
print("total", total)
"""


@pytest.fixture(scope="module")
def heavy(url: str) -> str:
    """A job of 60 MB that has ended."""
    job_id = submit(url, HEAVY, input_data={"n": 1})
    assert result(url, job_id)["status"] == "succeeded"
    return job_id


def test_01_submitting_answers_at_once(url: str) -> None:
    job_id = submit(url, "import time; time.sleep(600)")
    assert requests.get(f"{url}/jobs/{job_id}", timeout=WAIT).json()["status"] in UNDERWAY
    requests.post(f"{url}/jobs/{job_id}/cancel", timeout=WAIT)


def test_03_polling_until_the_end(url: str) -> None:
    job_id = submit(url, "import time; time.sleep(1); print('done')")
    seen = []
    while True:
        status = requests.get(f"{url}/jobs/{job_id}", timeout=WAIT).json()
        seen.append(status["status"])
        if status["status"] in ("succeeded", "failed", "timeout", "oom", "cancelled"):
            break
        assert status["status"] in UNDERWAY
        assert status["queue_position"] is None or status["queue_position"] >= 1
        time.sleep(0.05)
    assert seen[-1] == "succeeded"
    assert "running" in seen
    assert "stdout" not in status


def test_09_the_full_view_as_it_is_printed(url: str, heavy: str) -> None:
    """Members are read by name and formatted as numbers, so a null or another name breaks it."""
    job = full(url, heavy)
    lines = [f"Job {job['job_id']}: {job['status']}", f"stdout: {job['stdout']}"]
    lines += [f"{artifact['name']} ({artifact['size']} bytes)" for artifact in job["artifacts"]]
    usage = job.get("resource_usage", {})
    lines.append(f"CPU: {usage.get('cpu_time_seconds', 0):.2f} s")
    lines.append(f"Memory: {usage.get('memory_peak_mb', 0):.1f} MB")
    hashes = job.get("content_hashes", {})
    lines.append(f"code {hashes.get('code_hash', '')[:12]}")
    lines.append(f"input {hashes.get('input_hash', '')[:12]}")
    assert "data.csv (8 bytes)" in lines
    assert usage["cpu_time_seconds"] > 0
    assert 55 <= usage["memory_peak_mb"] <= 512
    assert len(hashes["code_hash"]) == 64
    assert len(hashes["input_hash"]) == 64


def test_09_also_of_a_job_that_never_ran(url: str) -> None:
    """It has neither usage nor hashes of an output, and the sample calls `.get` on both."""
    workers = requests.get(f"{url}/health", timeout=WAIT).json()["queue_stats"]["max_workers"]
    blockers = [submit(url, "import time; time.sleep(600)") for _ in range(workers)]
    waiting = submit(url, "print(1)")
    assert requests.post(f"{url}/jobs/{waiting}/cancel", timeout=WAIT).status_code == 200
    job = full(url, waiting)
    assert job["status"] == "cancelled"
    assert f"{job.get('resource_usage', {}).get('cpu_time_seconds', 0):.2f}" == "0.00"
    assert len(job.get("content_hashes", {}).get("code_hash", "")) == 64
    for blocker in blockers:
        requests.post(f"{url}/jobs/{blocker}/cancel", timeout=WAIT)


def test_10_the_result_blocks_until_the_end(url: str) -> None:
    job_id = submit(url, "import time; time.sleep(0.5); print('late')")
    record = result(url, job_id)
    assert (record["status"], record["stdout"]) == ("succeeded", "late\n")


def test_10_the_result_says_when_time_is_up(url: str) -> None:
    job_id = submit(url, "import time; time.sleep(600)")
    answer = requests.get(f"{url}/jobs/{job_id}/result", params={"timeout": 1}, timeout=WAIT)
    assert (answer.status_code, answer.json()["detail"]) == (408, "Timeout waiting for job")
    requests.post(f"{url}/jobs/{job_id}/cancel", timeout=WAIT)


def test_11_cancelling_stops_the_program(url: str) -> None:
    job_id = submit(url, "import time; print('begun', flush=True); time.sleep(600)")
    while requests.get(f"{url}/jobs/{job_id}", timeout=WAIT).json()["status"] != "running":
        time.sleep(0.02)
    answer = requests.post(f"{url}/jobs/{job_id}/cancel", timeout=WAIT)
    assert answer.json() == {"status": "cancelled", "job_id": job_id}
    assert result(url, job_id)["status"] == "cancelled"
    assert requests.get(f"{url}/jobs/{job_id}", timeout=WAIT).json()["status"] == "cancelled"
    assert requests.post(f"{url}/jobs/{job_id}/cancel", timeout=WAIT).status_code == 404


def test_13_a_rerun_needs_no_body(url: str, heavy: str) -> None:
    answer = requests.post(f"{url}/jobs/{heavy}/rerun", timeout=WAIT)
    answer.raise_for_status()
    rerun = answer.json()
    assert (rerun["parent_execution_id"], rerun["relationship"]) == (heavy, "rerun")
    assert result(url, rerun["job_id"])["output"] == {"total": 1999999000000}


def test_14_a_fork_has_the_same_input(url: str, heavy: str) -> None:
    code = "print(open('/input/data.json').read())"
    answer = requests.post(f"{url}/jobs/{heavy}/fork", json={"code": code}, timeout=WAIT)
    answer.raise_for_status()
    fork = answer.json()
    assert (fork["parent_execution_id"], fork["relationship"]) == (heavy, "fork")
    assert '"n"' in result(url, fork["job_id"])["stdout"]


def test_16_walking_up_to_the_original(url: str) -> None:
    original = submit(url, "print(1)")
    result(url, original)
    again = requests.post(f"{url}/jobs/{original}/rerun", timeout=WAIT).json()["job_id"]
    result(url, again)
    fork = requests.post(
        f"{url}/jobs/{again}/fork", json={"code": "print(2)"}, timeout=WAIT
    ).json()["job_id"]
    result(url, fork)
    chain = []
    current = fork
    while current:
        job = full(url, current)
        if "parent_execution_id" in job:
            chain.append(f"{job['job_id']} ({job['relationship']})")
        else:
            chain.append(f"{job['job_id']} (original)")
        current = job.get("parent_execution_id")
    assert chain == [f"{fork} (fork)", f"{again} (rerun)", f"{original} (original)"]


def test_17_artifacts_are_asked_for_only_once(url: str, heavy: str) -> None:
    address = f"{url}/jobs/{heavy}/artifacts/data.csv"
    first = requests.get(address, timeout=WAIT)
    first.raise_for_status()
    assert first.content == b"a,b\n1,2\n"
    etag = first.headers["ETag"]
    again = requests.get(address, headers={"If-None-Match": etag}, timeout=WAIT)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    for known in ("*", f'"other", {etag}', f"W/{etag}"):
        headers = {"If-None-Match": known}
        assert requests.get(address, headers=headers, timeout=WAIT).status_code == 304
    other = requests.get(address, headers={"If-None-Match": '"other"'}, timeout=WAIT)
    assert other.status_code == 200


def test_17_head_says_how_large_it_is(url: str, heavy: str) -> None:
    answer = requests.head(f"{url}/jobs/{heavy}/artifacts/data.csv", timeout=WAIT)
    answer.raise_for_status()
    assert (answer.headers["Content-Length"], answer.content) == ("8", b"")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["ETag"]
    part = requests.get(
        f"{url}/jobs/{heavy}/artifacts/data.csv", headers={"Range": "bytes=4-"}, timeout=WAIT
    )
    assert (part.status_code, part.content) == (206, b"1,2\n")


def test_queue_and_health(url: str) -> None:
    stats = requests.get(f"{url}/health", timeout=WAIT).json()["queue_stats"]
    for name in ("pending", "running", "max_workers"):
        assert isinstance(stats[name], int)


def test_a_key_makes_submitting_twice_harmless(url: str) -> None:
    body = {"code": "print(1)", "idempotency_key": f"guide-{time.time_ns()}"}
    answers = [requests.post(f"{url}/execute/async", json=body, timeout=WAIT) for _ in range(2)]
    assert len({answer.json()["job_id"] for answer in answers}) == 1
    other = requests.post(f"{url}/execute/async", json={**body, "code": "print(2)"}, timeout=WAIT)
    assert other.status_code == 409


def test_every_answer_has_the_id_it_was_asked_with(url: str) -> None:
    headers = {"X-Correlation-ID": "trace me"}
    for path in ("/health", "/jobs/nowhere", "/job-types", "/nowhere"):
        answer = requests.get(url + path, headers=headers, timeout=WAIT)
        assert answer.headers["X-Correlation-ID"] == "trace me"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
