"""wait_for_run over HTTP: servers that hold polls back, servers that don't, servers that fail."""

import asyncio
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from evalwright import AsyncTasksClient, TasksClient
from evalwright.errors import ConnectionFailed, InvalidRequest, NotFound, WaitTimeout
from evalwright.types import TaskRun, TaskRunStatus
from sdk import samples
from sdk.blocking import Blocking
from sdk.samples import RUN
from sdk.scripted_server import Reply, Request, ScriptedServer, problem
from sdk.tape import Tape

PATH = f"/v2/task-runs/{RUN}"


@pytest.fixture
def tape() -> Tape:
    return Tape()


@pytest.fixture(params=["sync", "async"])
def tasks(request: pytest.FixtureRequest, server: ScriptedServer, tape: Tape) -> Iterator[Any]:
    if request.param == "sync":
        with TasksClient(base_url=server.base_url) as client:
            tape.wind(client)
            yield client
        return
    with asyncio.Runner() as runner:
        other = AsyncTasksClient(base_url=server.base_url)
        tape.wind(other)
        yield Blocking(other, runner)
        runner.run(other.aclose())


def states(*statuses: str) -> Iterator[Reply]:
    return iter([Reply(json=samples.run(status, done)) for done, status in enumerate(statuses)])


def hold(tape: Tape, ends: float, changes: tuple[float, ...] = ()) -> Callable[[Request], Reply]:
    """A server that holds polls back until there is something new, on the tape's time."""

    def answer(request: Request) -> Reply:
        known = request.headers.get("if-none-match")
        limit = float(request.headers.get("prefer", "wait=0").removeprefix("wait="))
        moments = [ends] if known is None else [*changes, ends]
        if limit:
            tape.now = min([m for m in moments if m > tape.now] + [tape.now + limit])
        version = sum(moment <= tape.now for moment in [*changes, ends])
        headers = {"ETag": f'"{version}"'}
        if limit:
            headers["Preference-Applied"] = f"wait={limit:g}"
        if known == headers["ETag"]:
            return Reply(304, headers=headers)
        status = "completed" if tape.now >= ends else "running"
        return Reply(json=samples.run(status, version), headers=headers)

    return answer


def test_long_polls_leave_nothing_to_sleep(tasks: Any, server: ScriptedServer, tape: Tape) -> None:
    server.on("GET", PATH, hold(tape, ends=70.0))
    assert tasks.wait_for_run(run_id=RUN).status is TaskRunStatus.COMPLETED
    assert tape.now < 71
    assert sum(tape.slept) < 1
    assert [request.headers["prefer"] for request in server.requests] == ["wait=25"] * 3


def test_progress_is_shown_as_it_happens(tasks: Any, server: ScriptedServer, tape: Tape) -> None:
    server.on("GET", PATH, hold(tape, ends=9.0, changes=(2.0, 4.0)))
    seen: list[TaskRun] = []
    tasks.wait_for_run(run_id=RUN, on_progress=seen.append)
    assert [run.progress.done for run in seen] == [0, 1, 2, 3]
    assert tape.now < 9.1
    known = [request.headers.get("if-none-match") for request in server.requests]
    assert known == [None, '"0"', '"1"', '"2"']
    assert "prefer" not in server.requests[0].headers, "the first look is not to be held back"


def test_without_long_polls_it_looks_now_and_then(
    tasks: Any, server: ScriptedServer, tape: Tape
) -> None:
    replies = states("pending", "running", "completed")
    server.on("GET", PATH, lambda _: next(replies))
    run = tasks.wait_for_run(run_id=RUN, poll_interval=2.0)
    assert run.status is TaskRunStatus.COMPLETED
    assert tape.slept == [2.0, 2.0]


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_every_final_state_ends_the_wait(
    tasks: Any, server: ScriptedServer, tape: Tape, status: str
) -> None:
    """A run that failed is an answer, not an error."""
    server.on("GET", PATH, Reply(json=samples.run(status)))
    assert tasks.wait_for_run(run_id=RUN).status == status
    assert tape.slept == []


def test_a_state_from_the_future_ends_it_when_the_run_has_finished(
    tasks: Any, server: ScriptedServer
) -> None:
    going = samples.run("paused")
    gone = samples.run("expired", run_finished_at=samples.NOW)
    server.script(Reply(json=going), Reply(json=gone))
    run = tasks.wait_for_run(run_id=RUN)
    assert run.status == "expired"
    assert not run.status.is_known


def test_time_is_up(tasks: Any, server: ScriptedServer, tape: Tape) -> None:
    server.on("GET", PATH, Reply(json=samples.run("running", 3)))
    with pytest.raises(TimeoutError) as caught:
        tasks.wait_for_run(run_id=RUN, poll_interval=4.0, timeout=10.0)
    error = caught.value
    assert isinstance(error, WaitTimeout)
    assert (error.run_id, error.timeout) == (RUN, 10.0)
    assert error.run is not None
    assert error.run.progress.done == 3
    assert tape.slept == [4.0, 4.0, 2.0], "with a last look at the deadline"
    assert pickle.loads(pickle.dumps(error)).run == error.run


def test_a_server_that_comes_back(tasks: Any, server: ScriptedServer) -> None:
    server.script(Reply(drop=True), problem(503), problem(429), Reply(json={}, status=502))
    server.script(Reply(json=samples.run("completed")))
    assert tasks.wait_for_run(run_id=RUN).status is TaskRunStatus.COMPLETED


def test_a_server_that_never_comes_back(server: ScriptedServer, tape: Tape) -> None:
    server.on("GET", PATH, Reply(drop=True))
    with TasksClient(base_url=server.base_url) as client:
        tape.wind(client)
        with pytest.raises(WaitTimeout, match="it was never seen") as caught:
            client.wait_for_run(run_id=RUN, timeout=30.0)
    assert caught.value.run is None
    assert isinstance(caught.value.__cause__, ConnectionFailed)


def test_a_run_that_does_not_exist(tasks: Any, server: ScriptedServer) -> None:
    with pytest.raises(NotFound):
        tasks.wait_for_run(run_id=RUN)
    assert len(server.requests) == 1


@pytest.mark.parametrize("times", [{"timeout": 0}, {"poll_interval": -1.0}, {"timeout": None}])
def test_times_that_are_not_positive(tasks: Any, server: ScriptedServer, times: Any) -> None:
    with pytest.raises(ValueError, match=next(iter(times))) as caught:
        tasks.wait_for_run(run_id=RUN, **times)
    assert isinstance(caught.value, InvalidRequest)
    assert server.requests == []


async def test_waits_of_one_client_run_side_by_side(server: ScriptedServer) -> None:
    """On the real clock: two runs that end a little later than they are asked about."""
    replies = [Reply(json=samples.run("running"))] * 4 + [Reply(json=samples.run("completed"))] * 2
    server.script(*replies)
    async with AsyncTasksClient(base_url=server.base_url) as tasks:
        runs = await asyncio.gather(
            *(tasks.wait_for_run(run_id=RUN, poll_interval=0.01) for _ in range(2))
        )
    assert [run.status for run in runs] == ["completed", "completed"]
