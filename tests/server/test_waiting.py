"""Waiting for runs: held answers, streams, cancelling. No worker is there to do anything."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3
from starlette.requests import Request

from evalwright_server.runs.records import Progress, RunRow
from evalwright_server.runs.states import State
from evalwright_server.services.runs import ShownRun
from evalwright_server.web.events import event_stream, run_events
from fixtures_server import RunningServer
from server.client import Api, Reply, at
from server.scenes import build_scene


@pytest.fixture
def api(idle: Api) -> Api:
    """A server without workers."""
    return idle


@pytest.fixture
def run(api: Api) -> str:
    """A run that nobody starts."""
    task = api.make("/v2/tasks", build_scene(api).task())["id"]
    made: str = api.make(at("/v2/tasks/{}/trigger", task), {})["id"]
    return made


@pytest.fixture
def background() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


PATHS = ("/v2/task-runs/{}", "/v2/runs/{}")


@pytest.mark.parametrize("path", PATHS)
def test_without_preference_the_answer_comes_at_once(api: Api, run: str, path: str) -> None:
    reply = api.get(at(path, run))
    assert (reply.status, reply.headers.get("Preference-Applied")) == (200, None)
    again = api.get(at(path, run), **{"If-None-Match": reply.headers["ETag"]})
    assert (again.status, again.content) == (304, b"")
    assert again.headers["ETag"] == reply.headers["ETag"]


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_is_held_until_the_run_has_ended(
    api: Api, run: str, path: str, background: ThreadPoolExecutor
) -> None:
    held = background.submit(api.get, at(path, run), Prefer="wait=25")
    api.post(at("/v2/runs/{}/cancel", run))
    reply: Reply = held.result()
    assert (reply.status, reply.headers["Preference-Applied"]) == (200, "wait=25")
    assert reply.body.get("status", reply.body.get("state")) == "cancelled"


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_about_changes_is_held_until_there_is_one(
    api: Api, run: str, path: str, background: ThreadPoolExecutor
) -> None:
    tag = api.get(at(path, run)).headers["ETag"]
    headers = {"Prefer": "wait=25", "If-None-Match": tag}
    held = background.submit(lambda: api.get(at(path, run), **headers))
    api.post(at("/v2/task-runs/{}/cancel", run))
    reply: Reply = held.result()
    assert reply.status == 200
    assert reply.headers["ETag"] != tag


def test_when_time_is_up_nothing_has_changed(api: Api, run: str) -> None:
    path = at("/v2/task-runs/{}", run)
    reply = api.get(path, Prefer="respond-async, wait=1; x=y")
    assert (reply.status, reply.body["status"]) == (200, "pending")
    assert reply.headers["Preference-Applied"] == "wait=1"
    headers = {"Prefer": "wait=1", "If-None-Match": f'W/{reply.headers["ETag"]}, "other"'}
    assert api.get(path, **headers).status == 304


def test_another_tag_is_answered_at_once(api: Api, run: str) -> None:
    headers = {"Prefer": "wait=60", "If-None-Match": '"other"'}
    assert api.get(at("/v2/task-runs/{}", run), **headers).status == 200


@pytest.mark.parametrize("tag", [None, "current"])
def test_an_ended_run_holds_nobody(api: Api, run: str, tag: str | None) -> None:
    path = at("/v2/task-runs/{}", run)
    ended = api.post(f"{path}/cancel")
    headers = {"Prefer": "wait=60"} | ({"If-None-Match": ended.headers["ETag"]} if tag else {})
    assert api.get(path, **headers).status == (304 if tag else 200)


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [("wait=0", "wait=0"), ("wait=x", None), ("await=1", None), ("return=minimal", None)],
)
def test_preferences_that_are_none_are_ignored(
    api: Api, run: str, prefer: str, applied: str | None
) -> None:
    reply = api.get(at("/v2/task-runs/{}", run), Prefer=prefer)
    assert (reply.status, reply.headers.get("Preference-Applied")) == (200, applied)


def test_a_deleted_run_ends_the_wait(api: Api, run: str, background: ThreadPoolExecutor) -> None:
    path = at("/v2/task-runs/{}", run)
    task = api.get(path).body["task_id"]
    held = background.submit(api.get, path, Prefer="wait=25")
    api.delete(at("/v2/tasks/{}", task))
    assert held.result().status == 404


def test_a_run_that_has_ended_can_not_be_cancelled(api: Api, run: str) -> None:
    """400 on the tasks family, which is what its clients know; 409 for runs in general."""
    path = at("/v2/task-runs/{}/cancel", run)
    assert api.post(path).body["status"] == "cancelled"
    assert api.post(path).status == 400
    assert api.post(at("/v2/runs/{}/cancel", run)).status == 409


def test_runs_are_picked_by_id_in_the_order_asked_for(api: Api, run: str) -> None:
    other = at("/v2/tasks/{}/trigger", api.get(at("/v2/task-runs/{}", run)).body["task_id"])
    second = api.make(other, {})["id"]
    stranger = at("{}", run)[:-8] + "AAAA%3D%3D%3D%3D"
    page = api.get(f"/v2/runs?ids={at('{}', second)},{at('{}', run)}").body
    assert [each["id"] for each in page["runs"]] == [second, run]
    page = api.get(f"/v2/runs?ids={at('{}', run)}&ids={at('{}', second)}").body
    assert [each["id"] for each in page["runs"]] == [run, second]
    assert api.get(f"/v2/runs?ids={stranger}").status in {200, 400}
    assert api.get("/v2/runs?ids=run").status == 400


def test_runs_are_listed_by_state_and_space(api: Api, run: str) -> None:
    space = api.get(at("/v2/runs/{}", run)).body["space_id"]
    page = api.get(at("/v2/runs?state=QUEUED&space_id={}", space)).body
    assert [each["id"] for each in page["runs"]] == [run]
    assert api.get(at("/v2/runs?state=running&space_id={}", space)).body["runs"] == []


class Stream:
    """An open stream of events."""

    def __init__(self, api: Api, run: str, **headers: str) -> None:
        self.response = api.pool.request(
            "GET",
            api.url + at("/v2/runs/{}/events", run),
            headers=headers,
            preload_content=False,
            retries=False,
            timeout=urllib3.Timeout(connect=5, read=30),
        )
        self._lines = iter(self.response)

    def events(self) -> Iterator[dict[str, str]]:
        """Yield the fields of each event."""
        fields: dict[str, str] = {}
        for chunk in self._lines:
            for line in chunk.decode().splitlines():
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif fields:
                    yield fields
                    fields = {}


def test_a_stream_tells_every_change_and_ends_with_the_run(api: Api, run: str) -> None:
    stream = Stream(api, run)
    assert stream.response.headers["Content-Type"].startswith("text/event-stream")
    events = stream.events()
    first = next(events)
    assert (first["event"], '"state":"queued"' in first["data"]) == ("run", True)
    api.post(at("/v2/runs/{}/cancel", run))
    last = list(events)
    assert len(last) == 1
    assert '"state":"cancelled"' in last[0]["data"]
    assert int(last[0]["id"]) > int(first["id"])


def test_a_stream_goes_on_behind_the_last_event_seen(api: Api, run: str) -> None:
    first = next(Stream(api, run).events())
    api.post(at("/v2/runs/{}/cancel", run))
    (last,) = Stream(api, run, **{"Last-Event-ID": first["id"]}).events()
    assert last["id"] != first["id"]
    assert list(Stream(api, run, **{"Last-Event-ID": last["id"]}).events()) == []


def test_an_event_id_that_is_none_is_refused(api: Api, run: str) -> None:
    refused = api.get(at("/v2/runs/{}/events", run), **{"Last-Event-ID": "x"})
    assert (refused.status, refused.pointers()) == (400, ["header:Last-Event-ID"])


def test_a_server_that_stops_ends_held_answers_and_streams(
    start_server: Callable[..., RunningServer],
    connect: Callable[..., Api],
    background: ThreadPoolExecutor,
) -> None:
    server = start_server(workers=0)
    api = connect(server)
    task = api.make("/v2/tasks", build_scene(api).task())["id"]
    run = api.make(at("/v2/tasks/{}/trigger", task), {})["id"]
    path = at("/v2/task-runs/{}", run)
    events = Stream(api, run).events()
    next(events)
    sent = threading.Event()

    def hold() -> Any:
        sent.set()
        return connect(server).get(path, Prefer="wait=60")

    held = background.submit(hold)
    sent.wait()
    server.stop()
    # It may have come too late to be accepted, which is as good an end.
    with contextlib.suppress(urllib3.exceptions.HTTPError):
        assert held.result(timeout=20).status == 200
    assert list(events) == []


def test_a_client_that_leaves_is_waited_for_no_longer(api: Api, run: str) -> None:
    left = threading.Event()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if getattr(record, "fields", {}).get("status") == "gone":
                left.set()

    logger = logging.getLogger("evalwright.requests")
    listener = Listener()
    logger.addHandler(listener)
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        request = (
            f"GET {at('/v2/runs/{}', run)} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=60\r\n\r\n"
        )
        host, port = api.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(request.encode())
        assert left.wait(20)
    finally:
        logger.setLevel(level)
        logger.removeHandler(listener)


async def test_a_silent_stream_shows_that_it_is_alive() -> None:
    """Proxies cut streams that are silent for long."""
    never = asyncio.Event()

    async def receive() -> dict[str, str]:
        await never.wait()
        return {"type": "http.disconnect"}

    async def silence() -> AsyncIterator[RunRow]:
        await never.wait()
        yield SHOWN.run

    stopping = asyncio.Event()
    request = Request({"type": "http", "method": "GET", "headers": []}, receive)
    stream = event_stream(request, stopping, run_events(SHOWN, silence()), heartbeat=0.01)
    chunks = aiter(stream.body_iterator)
    assert await anext(chunks) == b": still here\n\n"
    stopping.set()
    assert [chunk async for chunk in chunks] == []


SHOWN = ShownRun(
    "space",
    RunRow(
        id=1,
        suffix="aaaa",
        uid=None,
        kind="task_run",
        space_id=1,
        queue="default",
        priority=0,
        state=State.QUEUED,
        version=1,
        attempt=0,
        max_attempts=3,
        owner=None,
        cancel_requested=False,
        progress=Progress(),
        result=None,
        failure_reason=None,
        note=None,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        started_at=None,
        finished_at=None,
    ),
)
