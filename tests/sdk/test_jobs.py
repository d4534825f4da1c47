"""JobsClient and its async twin over HTTP, with servers that misbehave."""

import asyncio
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalwright import AsyncJobsClient, JobsClient, OutputLine
from evalwright.errors import (
    ChecksumMismatch,
    Conflict,
    ConnectionFailed,
    InvalidRequest,
    JobFailed,
    JobWaitTimeout,
    NotFound,
    ServerError,
    Unprocessable,
    WaitTimeout,
)
from evalwright.types import Job, JobStatus
from sdk.driven import Driven, plain
from sdk.job_samples import (
    CONTENT,
    JOB,
    PARENT,
    ended,
    event,
    file,
    record,
    slim,
    stream,
    submitted,
)
from sdk.samples import NOW
from sdk.scripted_server import Reply, Request, ScriptedServer, problem
from sdk.tape import Tape

PATH = f"/jobs/{JOB}"
FILE = f"{PATH}/artifacts/data.bin"


@pytest.fixture
def tape() -> Tape:
    return Tape()


@pytest.fixture(params=["sync", "async"])
def jobs(request: pytest.FixtureRequest, server: ScriptedServer, tape: Tape) -> Iterator[Any]:
    """Both twins, living by the tape."""
    if request.param == "sync":
        with JobsClient(base_url=server.base_url) as client:
            tape.wind(client)
            yield client
        return
    with asyncio.Runner() as runner:
        other = AsyncJobsClient(base_url=server.base_url)
        tape.wind(other)
        yield Driven(other, runner)
        runner.run(other.aclose())


def test_what_is_submitted(jobs: Any, server: ScriptedServer) -> None:
    server.script(submitted())
    job = jobs.submit(
        code="print(1)",
        input_data={"n": 1},
        timeout=5,
        requirements=["numpy>=2"],
        limits={"memory_mb": 64},
        webhook="https://example.com/hook",
    )
    assert (job.id, job.status, job.has_ended) == (JOB, JobStatus.PENDING, False)
    sent = server.requests[0].json
    assert sent.pop("idempotency_key").startswith("sdk-")
    assert sent == {
        "code": "print(1)",
        "input_data": {"n": 1},
        "timeout": 5,
        "requirements": ["numpy>=2"],
        "limits": {"memory_mb": 64},
        "webhook": {"url": "https://example.com/hook"},
    }


def test_retries_carry_one_key(jobs: Any, server: ScriptedServer) -> None:
    server.script(Reply(drop=True), problem(503), submitted())
    assert jobs.submit(code="1").id == JOB
    keys = {request.json["idempotency_key"] for request in server.requests}
    assert len(server.requests) == 3
    assert len(keys) == 1


def test_an_execution_is_never_sent_twice(jobs: Any, server: ScriptedServer) -> None:
    server.script(Reply(drop=True))
    with pytest.raises(ConnectionFailed):
        jobs.execute(code="1")
    server.script(problem(503))
    with pytest.raises(ServerError):
        jobs.execute(code="1")
    assert len(server.requests) == 2
    assert "idempotency_key" not in server.requests[0].json


def test_code_may_be_a_file(jobs: Any, server: ScriptedServer, tmp_path: Path) -> None:
    path = tmp_path / "fit.py"
    path.write_text("print('é')\n", encoding="utf-8")
    server.script(submitted())
    jobs.submit(code=path)
    assert server.requests[0].json["code"] == "print('é')\n"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("fit.py", "Path"),
        (Path("/no/such/file.py"), "can't be read"),
        (len, "jobs.call"),
        (7, "text or a path"),
        ("", "at least 1 character"),
        ("a\ud800", "surrogate pair at character 1"),
    ],
)
def test_what_is_no_program(jobs: Any, server: ScriptedServer, code: Any, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        jobs.submit(code=code)
    assert server.requests == []


def test_all_wrong_arguments_at_once(jobs: Any, server: ScriptedServer) -> None:
    with pytest.raises(InvalidRequest) as caught:
        jobs.submit(code="1", timeout=0, limits={"memory": 3}, idempotency_key="short")
    places = [error.path for error in caught.value.errors]
    assert places == ["timeout", "idempotency_key", "limits.memory"]
    assert "memory_mb" in str(caught.value)
    assert server.requests == []


def test_what_the_server_says_is_shown(jobs: Any, server: ScriptedServer) -> None:
    """Its `detail` may be a list, made for other clients; ours shows every field and the hint."""
    server.script(
        Reply(
            422,
            json={
                "title": "Unprocessable Content",
                "status": 422,
                "detail": [{"type": "x", "loc": ["body", "code"], "msg": "no program"}],
                "hint": "2 fields are wrong. Put them right.",
                "correlation_id": "corr-1",
                "errors": [
                    {"pointer": "/code", "message": "no program"},
                    {"pointer": "/requirements/0", "message": "no package"},
                ],
            },
            headers={"X-Correlation-ID": "corr-1"},
        )
    )
    with pytest.raises(Unprocessable) as caught:
        jobs.submit(code="1")
    text = str(caught.value)
    assert "code: no program" in text
    assert "requirements[0]: no package" in text
    assert "Put them right." in text
    assert "corr-1" in text
    server.script(problem(409, "Idempotency key reused", correlation_id="c", hint="Take another."))
    with pytest.raises(Conflict, match="Idempotency key reused") as conflict:
        jobs.submit(code="1", idempotency_key="a" * 8)
    assert conflict.value.hint == "Take another."
    assert "reused. Take another." in str(conflict.value)


def test_run_waits_for_the_end(jobs: Any, server: ScriptedServer) -> None:
    states = iter([slim("queued"), slim("running"), ended()])
    server.script(submitted())
    server.on("GET", PATH, lambda _: Reply(json=next(states)))
    job = jobs.run(code="print('hello')")
    assert job.status is JobStatus.SUCCEEDED
    assert job.raise_for_status().output == {"answer": 42}
    assert (job.stdout, job.exit_code, job.usage.cpu_time_seconds) == ("hello\n", 0, 0.5)
    assert [artifact.name for artifact in job.artifacts] == ["data.bin"]
    assert server.requests[-1].query == {"view": "full"}
    assert server.requests[-1].headers["prefer"] == "wait=25"


def test_waiting_again_needs_no_request(jobs: Any, server: ScriptedServer) -> None:
    server.script(Reply(json=ended()))
    job = jobs.get(job_id=JOB)
    assert job.wait().status is JobStatus.SUCCEEDED
    assert len(server.requests) == 1


def test_progress(jobs: Any, server: ScriptedServer) -> None:
    states = iter([slim("queued"), slim("running"), ended()])
    server.on("GET", PATH, lambda _: Reply(json=next(states)))
    seen: list[Job] = []
    jobs.wait_for_job(job_id=JOB, poll_interval=1, on_progress=seen.append)
    assert [str(job.status) for job in seen] == ["queued", "running", "succeeded"]


def test_a_server_that_restarts_ends_no_wait(jobs: Any, server: ScriptedServer) -> None:
    server.script(Reply(drop=True), problem(502), Reply(json=ended()))
    assert jobs.wait_for_job(job_id=JOB).status is JobStatus.SUCCEEDED


def test_the_end_of_patience_carries_the_job(jobs: Any, server: ScriptedServer) -> None:
    server.on("GET", PATH, Reply(json=slim("running")))
    with pytest.raises(WaitTimeout) as caught:
        jobs.wait_for_job(job_id=JOB, timeout=20)
    error = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(error, JobWaitTimeout)
    assert (error.job_id, error.run_id) == (JOB, JOB)
    assert error.job is not None
    assert error.job.status is JobStatus.RUNNING
    assert "cancel(" in str(error)


FAILED = ended(
    "failed",
    exit_code=1,
    stderr="".join(f"line {n}\n" for n in range(40)) + "ValueError: no\n",
    error={"type": "value_error", "message": "no", "phase": "execution"},
)


def test_a_failure_says_why(jobs: Any, server: ScriptedServer) -> None:
    server.script(Reply(json=FAILED))
    with pytest.raises(JobFailed) as caught:
        jobs.get(job_id=JOB).raise_for_status()
    error = pickle.loads(pickle.dumps(caught.value))
    text = str(error)
    assert f"job {JOB} failed (value_error): no; exit code 1" in text
    assert text.endswith("line 39\nValueError: no")
    assert "line 5\n" not in text
    assert error.stderr.startswith("line 0\n")
    assert (error.kind, error.exit_code, error.status) == ("value_error", 1, "failed")


@pytest.mark.parametrize(
    ("status", "words"),
    [("oom", "ran out of memory"), ("timeout", "ran out of time"), ("cancelled", "is cancelled")],
)
def test_other_ends(jobs: Any, server: ScriptedServer, status: str, words: str) -> None:
    server.script(Reply(json=ended(status)))
    with pytest.raises(JobFailed, match=words):
        jobs.get(job_id=JOB).raise_for_status()


def test_what_has_not_ended_has_no_status_to_raise(jobs: Any, server: ScriptedServer) -> None:
    server.script(submitted())
    with pytest.raises(InvalidRequest, match="wait"):
        jobs.submit(code="1").raise_for_status()


def test_result(jobs: Any, server: ScriptedServer) -> None:
    server.on("GET", PATH, Reply(json=ended()))
    server.on("GET", f"{PATH}/result", Reply(json=record()))
    assert jobs.result(job_id=JOB).execution_id == JOB
    assert jobs.result(job_id=JOB, timeout=3).stdout == "hello\n"
    assert server.calls == [f"GET {PATH}/result", f"GET {PATH}", f"GET {PATH}/result"]


def test_rerun_and_fork(jobs: Any, server: ScriptedServer) -> None:
    derived = {"status": "pending", "parent_execution_id": JOB, "relationship": "rerun"}
    server.script(Reply(json=ended()), Reply(json={"job_id": PARENT, **derived}))
    again = jobs.get(job_id=JOB).rerun()
    assert (again.id, again.parent_id) == (PARENT, JOB)
    assert server.requests[-1].body == b""
    server.script(Reply(json={"job_id": PARENT, **derived}))
    jobs.rerun(job_id=JOB, timeout=9)
    assert server.requests[-1].json == {"timeout": 9}
    server.script(Reply(json={"job_id": PARENT, **derived}))
    jobs.fork(job_id=JOB, code="print(2)", job_type="geo")
    assert server.requests[-1].json == {"code": "print(2)", "job_type": "geo"}


def test_cancel(jobs: Any, server: ScriptedServer) -> None:
    server.script(submitted(), submitted("cancelled"), problem(404, "already completed"))
    job = jobs.submit(code="1")
    job.cancel()
    with pytest.raises(NotFound):
        job.cancel()


def test_lineage_goes_up(jobs: Any, server: ScriptedServer) -> None:
    child = ended(parent_execution_id=PARENT, relationship="fork")
    server.on("GET", PATH, Reply(json=child))
    server.on("GET", f"/jobs/{PARENT}", Reply(json={**ended(), "job_id": PARENT}))
    assert [job.id for job in jobs.lineage(job_id=JOB)] == [JOB, PARENT]


def test_lineage_ends_where_a_parent_is_gone(jobs: Any, server: ScriptedServer) -> None:
    server.on("GET", PATH, Reply(json=ended(parent_execution_id=PARENT)))
    assert [job.id for job in jobs.lineage(job_id=JOB)] == [JOB]
    with pytest.raises(NotFound):
        list(jobs.lineage(job_id="nowhere"))


def test_listing_reads_on_and_shows_nothing_twice(jobs: Any, server: ScriptedServer) -> None:
    """Jobs that come meanwhile push others to the next page."""
    pages = {"0": ["d", "c"], "2": ["c", "b"], "4": ["a"]}

    def answer(request: Request) -> Reply:
        names = pages[request.query["offset"]]
        items = [record(name) for name in names]
        more = "a" not in names
        return Reply(
            json={
                "items": items,
                "limit": 2,
                "offset": 0,
                "has_more": more,
                "count": len(items),
            }
        )

    server.on("GET", "/executions", answer)
    found = jobs.iter(status="succeeded", page_size=2)
    assert [row.execution_id for row in found] == ["d", "c", "b", "a"]
    assert {request.query["status"] for request in server.requests} == {"succeeded"}


def test_events_go_on_where_they_broke(jobs: Any, server: ScriptedServer) -> None:
    server.script(
        stream(event(1, "running"), event(2, text="a\n"), cut=True),
        problem(503),
        stream(event(3, text="b\n"), event(4, "succeeded")),
    )
    assert [each.id for each in jobs.events(job_id=JOB)] == ["1", "2", "3", "4"]
    known = [request.headers.get("last-event-id") for request in server.requests]
    assert known == [None, "2", "2"]


def test_a_stream_that_ends_early_is_read_on(jobs: Any, server: ScriptedServer) -> None:
    """A server that stops closes its streams politely; the job goes on elsewhere."""
    server.script(stream(event(1, "running")), Reply(json=slim("running")))
    server.script(stream(event(2, "succeeded")))
    assert [each.id for each in jobs.events(job_id=JOB)] == ["1", "2"]


def test_a_stream_of_a_job_that_has_ended_ends(jobs: Any, server: ScriptedServer) -> None:
    server.script(stream(), Reply(json=ended()))
    assert list(jobs.events(job_id=JOB, after="9")) == []
    assert server.requests[0].headers["last-event-id"] == "9"


def test_events_give_up_at_last(jobs: Any, server: ScriptedServer, tape: Tape) -> None:
    server.on("GET", f"{PATH}/events", Reply(drop=True))
    with pytest.raises(ConnectionFailed):
        list(jobs.events(job_id=JOB))
    assert len(tape.slept) == 8
    server.on("GET", f"{PATH}/events", problem(404))
    with pytest.raises(NotFound):
        list(jobs.events(job_id=JOB))


def test_lines_are_put_together(jobs: Any, server: ScriptedServer) -> None:
    server.script(
        stream(
            event(1, "running"),
            event(2, text="lost"),
            event(3, "running", attempt=2),
            event(4, text="on", attempt=2),
            event(5, text="oops\n", stream="stderr", attempt=2),
            event(6, text="e\ntwo\r50%\nthr", attempt=2),
            event(7, text="ee", attempt=2),
            event(8, "failed", attempt=2),
        )
    )
    assert list(jobs.lines(job_id=JOB)) == [
        OutputLine("stderr", "oops"),
        OutputLine("stdout", "one"),
        OutputLine("stdout", "two\r50%"),
        OutputLine("stdout", "three"),
    ]


def test_what_is_written_so_far(jobs: Any, server: ScriptedServer) -> None:
    import json

    body = json.dumps(event(1, text="a\nb")).encode() + b"\n"
    server.script(Reply(body=body, headers={"Content-Type": "application/x-ndjson"}))
    assert [line.text for line in jobs.lines(job_id=JOB, follow=False)] == ["a", "b"]
    assert server.requests[0].query == {"follow": "false"}


def test_a_download_goes_on_where_it_broke(
    jobs: Any, server: ScriptedServer, tmp_path: Path
) -> None:
    server.script(
        file(CONTENT[:5000], cut=True),
        problem(503),
        file(CONTENT[5000:], start=5000),
    )
    path = jobs.download_artifact(job_id=JOB, name="data.bin", to=tmp_path)
    assert path == tmp_path / "data.bin"
    assert path.read_bytes() == CONTENT
    assert [request.headers.get("range") for request in server.requests] == [
        None,
        "bytes=5000-",
        "bytes=5000-",
    ]
    assert [*tmp_path.iterdir()] == [path]


def test_a_download_goes_on_in_a_later_call(
    jobs: Any, server: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / "mine.part").write_bytes(CONTENT[:100])
    server.script(file(CONTENT[100:], start=100))
    path = jobs.download_artifact(job_id=JOB, name="data.bin", to=tmp_path / "mine")
    assert path.read_bytes() == CONTENT


def test_what_lies_there_may_be_of_another_file(
    jobs: Any, server: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / "data.bin.part").write_bytes(b"?" * 100)
    server.script(file(CONTENT[100:], start=100), file(CONTENT))
    assert jobs.download_artifact(job_id=JOB, name="data.bin", to=tmp_path).read_bytes() == CONTENT
    (tmp_path / "data.bin.part").write_bytes(b"?" * 99_999)
    server.script(problem(416), file(CONTENT))
    assert jobs.download_artifact(job_id=JOB, name="data.bin", to=tmp_path).read_bytes() == CONTENT


def test_a_server_may_ignore_the_range(jobs: Any, server: ScriptedServer, tmp_path: Path) -> None:
    (tmp_path / "data.bin.part").write_bytes(CONTENT[:100])
    server.script(file(CONTENT))
    assert jobs.download_artifact(job_id=JOB, name="data.bin", to=tmp_path).read_bytes() == CONTENT


def test_what_was_changed_on_its_way_is_refused(
    jobs: Any, server: ScriptedServer, tmp_path: Path
) -> None:
    changed = b"!" + CONTENT[1:]
    server.on("GET", FILE, file(changed))
    with pytest.raises(ChecksumMismatch):
        jobs.download_artifact(job_id=JOB, name="data.bin", to=tmp_path)
    assert [*tmp_path.iterdir()] == []
    with pytest.raises(ChecksumMismatch, match="SHA-256"):
        jobs.read_artifact(job_id=JOB, name="data.bin")


def test_names_don_t_lead_out_of_the_folder(
    jobs: Any, server: ScriptedServer, tmp_path: Path
) -> None:
    for name in ("../x", "a/b", "..", "a\\b"):
        with pytest.raises(InvalidRequest):
            jobs.download_artifact(job_id=JOB, name=name, to=tmp_path)
    assert server.requests == []


def test_nothing_is_left_of_a_file_that_is_not_there(
    jobs: Any, server: ScriptedServer, tmp_path: Path
) -> None:
    with pytest.raises(NotFound):
        jobs.download_artifact(job_id=JOB, name="data.bin", to=tmp_path)
    assert [*tmp_path.iterdir()] == []


def test_an_error_of_the_disk_is_no_error_of_the_network(
    jobs: Any, server: ScriptedServer, tmp_path: Path
) -> None:
    server.on("GET", FILE, file(CONTENT))
    with pytest.raises(FileNotFoundError):
        jobs.download_artifact(job_id=JOB, name="data.bin", to=tmp_path / "no" / "folder")


def test_all_files_as_an_archive(jobs: Any, server: ScriptedServer, tmp_path: Path) -> None:
    zipped = Reply(body=b"PK", headers={"Content-Type": "application/zip"})
    server.on("GET", f"{PATH}/artifacts.zip", zipped)
    path = jobs.download_artifacts(job_id=JOB, to=tmp_path)
    assert (path.name, path.read_bytes()) == (f"job-{JOB}.zip", b"PK")


def test_looking_again(jobs: Any, server: ScriptedServer) -> None:
    server.script(submitted(), Reply(json=slim("running")), Reply(json=ended()))
    job = jobs.submit(code="1")
    assert (job.output, job.artifacts, job.error, job.usage, job.state) == (
        None,
        [],
        None,
        None,
        None,
    )
    job.refresh()
    assert (job.status, job.has_ended) == (JobStatus.RUNNING, False)
    server.on("GET", f"{PATH}/result", Reply(json=record()))
    assert job.result().execution_id == JOB
    assert job.has_ended
    assert repr(plain(job)).endswith(f"Job(id='{JOB}', status='succeeded')")


def test_states_of_a_newer_server_are_waited_out(jobs: Any, server: ScriptedServer) -> None:
    states = iter([slim("frozen"), slim("melted", ended_at=NOW)])
    server.on("GET", PATH, lambda _: Reply(json=next(states)))
    assert jobs.wait_for_job(job_id=JOB, poll_interval=1).status == "melted"
