"""Held answers, polling, cancelling, and what becomes of evaluations when their server stops.

A scripted judge keeps its answers back, so nothing here depends on how fast anything is.
"""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest

from evalwright_server.config import AnalysisSettings
from evalwright_server.web.analyses import POLLED_SECONDS, Patience, decide
from fixtures_server import RunningServer, server_settings, serving
from scripted_models import Question, ScriptedModels
from server.client import Api
from server.evaluations import (
    FLUENT,
    ITEMS,
    begin,
    ended,
    fluent,
    judged_by,
    problem,
    request,
    status,
)

QUICK = AnalysisSettings(heartbeat=0.05)


@pytest.fixture(scope="module")
def quick_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose held answers show soon that they are alive."""
    settings = server_settings(tmp_path_factory.mktemp("quick"))
    with serving(replace(settings, analyses=QUICK)) as server:
        yield server


@pytest.fixture
def api(quick_server: RunningServer) -> Iterator[Api]:
    """A client of it."""
    client = Api(quick_server.url)
    yield client
    client.pool.clear()


@pytest.fixture
def background() -> Iterator[ThreadPoolExecutor]:
    """Somebody else to send requests."""
    with ThreadPoolExecutor() as pool:
        yield pool


@pytest.fixture
def silent(models: ScriptedModels) -> ScriptedModels:
    """A judge that keeps its answers back until it is released."""
    fluent(models).hold()
    return models


class HeldRequest:
    """A request for an evaluation whose answer is read as it comes."""

    def __init__(self, url: str, body: object) -> None:
        place = urlsplit(url)
        content = orjson.dumps(body)
        self.socket = socket.create_connection((place.hostname or "", place.port or 0), timeout=30)
        head = (
            f"POST /v2/evaluate/ HTTP/1.1\r\nHost: {place.netloc}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
            "Connection: close\r\n\r\n"
        )
        self.socket.sendall(head.encode() + content)
        self.file = self.socket.makefile("rb")

    def close(self) -> None:
        """Go away."""
        self.file.close()
        self.socket.close()

    def head(self) -> bytes:
        """Read status and headers."""
        lines = []
        while (line := self.file.readline()) not in {b"\r\n", b""}:
            lines.append(line)
        return b"".join(lines)

    def chunk(self) -> bytes:
        """Read a chunk; an empty one is the last."""
        size = int(self.file.readline(), 16)
        content = self.file.read(size)
        self.file.readline()
        return content

    def rest(self) -> bytes:
        """Read all chunks that are left."""
        return b"".join(iter(self.chunk, b""))


def test_a_held_answer_begins_with_blanks_until_the_result_is_there(
    quick_server: RunningServer, silent: ScriptedModels
) -> None:
    """Clients give up when no byte comes for a while; a blank before JSON means nothing."""
    body = request("held", **judged_by(silent))
    with closing(HeldRequest(quick_server.url, body)) as held:
        silent.wait_until_asked(1)
        head = held.head()
        assert head.startswith(b"HTTP/1.1 200")
        assert b"content-type: application/json" in head.lower()
        assert [held.chunk(), held.chunk(), held.chunk()] == [b" "] * 3
        silent.release()
        result = orjson.loads(held.rest())
    assert (result["status"], result["aggregate_scores"]) == ("completed", {"fluency": 1.0})


def test_an_evaluation_goes_on_when_nobody_waits_for_it_any_more(
    quick_server: RunningServer, api: Api, silent: ScriptedModels
) -> None:
    with closing(HeldRequest(quick_server.url, request("left", **judged_by(silent)))) as held:
        silent.wait_until_asked(1)
        held.head()
    (found,) = api.get("/v2/evaluate/runs?status=running").body["items"]
    silent.release()
    assert ended(api, found["id"])["evaluated_items"] == 3


def test_who_asks_for_it_gets_202_and_follows_the_status(api: Api, silent: ScriptedModels) -> None:
    """By a preference, or by metadata where headers can't be sent; the words are always known."""
    for members, headers in (
        ({}, {"Prefer": "respond-async"}),
        ({"metadata": {"async": True}}, {}),
        ({}, {"Prefer": "respond-async, wait=0"}),
    ):
        body = request("followed", **judged_by(silent), **members)
        reply = api.post("/v2/evaluate/", body, **headers)
        assert reply.status == 202
        begun = reply.body
        uid = begun["job_id"]
        assert begun["run_id"] == begun["batch_id"] == uid
        assert (begun["job_type"], begun["total_items"]) == ("evaluation", 3)
        assert begun["status"] in {"queued", "running"}
        assert begun["project_id"]
        shown = status(api, uid)
        assert isinstance(shown["progress_percent"], float)
        assert all(isinstance(shown[name], int) for name in ("current_item", "total_items"))
        assert shown["status"] in {"queued", "running"}
        result = api.get(f"/v2/evaluate/runs/{uid}")
        assert result.status == 200
        assert result.body["status"] in {"queued", "running"}
        assert result.body["overall_score"] == 0.0
    silent.release()
    assert ended(api, uid)["status"] == "completed"


def test_an_impatient_client_gets_whichever_is_first(api: Api, silent: ScriptedModels) -> None:
    body = request("impatient", **judged_by(silent))
    reply = api.post("/v2/evaluate/", body, Prefer="wait=1")
    assert (reply.status, reply.headers["Preference-Applied"]) == (202, "wait=1")
    silent.release()
    assert ended(api, reply.body["job_id"])["status"] == "completed"
    reply = api.post("/v2/evaluate/", body, Prefer="wait=30")
    assert (reply.status, reply.headers["Preference-Applied"]) == (200, "wait=30")


def test_a_status_is_held_until_something_has_changed(
    api: Api, silent: ScriptedModels, background: ThreadPoolExecutor
) -> None:
    uid = begin(api, "watched", **judged_by(silent))
    silent.wait_until_asked(1)
    path = f"/v2/evaluate/jobs/{uid}/status"
    first = api.get(path)
    tag = {"If-None-Match": first.headers["ETag"]}
    assert api.get(path, **tag).status == 304
    held = background.submit(lambda: api.get(path, Prefer="wait=30", **tag))
    silent.release()
    assert held.result().headers["ETag"] != first.headers["ETag"]
    assert ended(api, uid)["status"] == "completed"


def test_cancelling_keeps_what_is_measured(api: Api, silent: ScriptedModels) -> None:
    """What is not measured has no scores; the result can be read as any other."""
    silent.release()

    def answer_some(question: Question) -> str:
        if question.number >= 8:
            silent.hold()
        return FLUENT

    silent.script = answer_some
    dataset = [{"input": f"question {n}", "output": f"answer {n}"} for n in range(40)]
    uid = begin(api, "cancelled", **{**judged_by(silent), "dataset": dataset})
    # No more than eight are asked at a time, so some of these have been answered.
    silent.wait_until_asked(12)
    reply = api.post(f"/v2/evaluate/jobs/{uid}/cancel").body
    assert reply["job_id"] == uid
    assert reply["status"] in {"running", "cancelled"}
    result = ended(api, uid)
    assert (result["status"], bool(result["error"])) == ("cancelled", True)
    assert 0 < result["evaluated_items"] < 40
    assert result["aggregate_scores"] == {"fluency": 1.0}
    assert result["total_items"] == 40
    items = api.get(f"/v2/evaluate/runs/{uid}/items").body
    assert items["total"] == result["evaluated_items"]
    assert api.get(f"/v2/evaluate/items/{uid}:39").body["scores"] == {}
    again = api.post(f"/v2/evaluate/jobs/{uid}/cancel")
    assert (again.status, again.body["status"]) == (200, "cancelled")
    lines = api.get(f"/v2/evaluate/runs/{uid}/items/stream").content.splitlines()
    assert len(lines) == items["total"]


@pytest.mark.slow
def test_an_evaluation_outlives_its_server(
    tmp_path: Path, silent: ScriptedModels, background: ThreadPoolExecutor
) -> None:
    """Whoever is being answered when it stops gets valid JSON with the ID; polls go on later."""
    settings = replace(server_settings(tmp_path), analyses=QUICK)
    body = request("outlived", **judged_by(silent))
    with serving(settings) as server, closing(HeldRequest(server.url, body)) as held:
        silent.wait_until_asked(1)
        held.head()
        assert held.chunk() == b" "
        server.stop()
        left = orjson.loads(held.rest())
    assert left["status"] == "running"
    silent.release()
    with serving(settings) as server:
        api = Api(server.url)
        assert ended(api, left["id"])["aggregate_scores"] == {"fluency": 1.0}
        api.pool.clear()


def test_nothing_is_held_that_nobody_would_do(idle: Api) -> None:
    refused = problem(idle.post("/v2/evaluate/", request("idle")), 503)
    assert "respond-async" in refused["detail"]
    assert status(idle, begin(idle, "idle"))["status"] == "queued"
    uid = begin(idle, "idle")
    assert idle.post(f"/v2/evaluate/jobs/{uid}/cancel").body["status"] == "cancelled"
    assert idle.get(f"/v2/evaluate/runs/{uid}").body["status"] == "cancelled"


@pytest.mark.parametrize(
    ("prefer", "metadata", "size", "is_polled", "seconds"),
    [
        (None, None, 1, True, POLLED_SECONDS),
        (None, None, 200, True, 0.0),
        (None, None, 100_000, False, None),
        ("respond-async", None, 1, False, 0.0),
        ("handling=strict, respond-async;x=1", None, 1, True, 0.0),
        ("respond-asynchronously", None, 1, False, None),
        ("wait=7", None, 10_000, True, 7.0),
        ("respond-async, wait=7", None, 1, False, 7.0),
        ("wait=600", None, 1, False, 60.0),
        (None, {"async": True}, 1, False, 0.0),
        (None, {"async": "true"}, 1, False, None),
        ("wait=7", {"async": True}, 1, False, 7.0),
    ],
)
def test_preferences_come_first_and_habits_second(
    prefer: str | None,
    metadata: dict[str, object] | None,
    size: int,
    is_polled: bool,
    seconds: float | None,
) -> None:
    decided: Patience = decide(prefer, metadata, total_items=size, is_polled=is_polled)
    assert decided.seconds == seconds


def test_a_status_is_never_refused_for_its_frequency(
    start_server: Callable[..., RunningServer], connect: Callable[..., Api]
) -> None:
    """Clients give up on a job at the first poll that is refused."""
    api = connect(start_server(rate=1.0))
    uid = api.post("/v2/evaluate/", request("frequent", dataset=ITEMS[:1])).body["id"]
    assert {api.get(f"/v2/evaluate/jobs/{uid}/status").status for _ in range(20)} == {200}
    refused = [api.get(f"/v2/evaluate/runs/{uid}") for _ in range(5)]
    assert problem(refused[-1], 429)["detail"]
    assert int(refused[-1].headers["Retry-After"]) >= 1


def test_a_deleted_project_takes_its_evaluations_along(
    quick_server: RunningServer, api: Api, silent: ScriptedModels
) -> None:
    """Even one that somebody is waiting for; that answer still is JSON, and says so."""
    body = request("deleted", **judged_by(silent))
    with closing(HeldRequest(quick_server.url, body)) as held:
        silent.wait_until_asked(1)
        held.head()
        (found,) = api.get("/v2/evaluate/runs?status=running").body["items"]
        assert api.delete(f"/v2/projects/{found['project_id']}").status == 204
        left = orjson.loads(held.rest())
    assert "no evaluation" in left["detail"]
    for path in ("/v2/evaluate/runs/{}", "/v2/evaluate/jobs/{}/status", "/v2/runs/{}"):
        assert api.get(path.format(found["id"])).status == 404
