"""Listening to real jobs over HTTP: live output, archives and webhooks of programs that run."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
from starlette.requests import Request
from starlette.types import Message

from evalwright_server.config import WebhookSettings
from evalwright_server.web.presence import while_present
from fixtures_server import RunningServer, server_settings, serving
from server.client import Api
from server.test_serve import serving as command_serving
from webhooks.receiver import Receiver, answer
from webhooks.sending import HASTY, SECRET

FOREVER = "while True: time.sleep(60)"


def submit(api: Api, code: str, **members: Any) -> str:
    reply = api.post("/execute/async", {"code": f"import os, time\n{code}", **members})
    assert reply.status == 200, reply.content
    job_id: str = reply.body["job_id"]
    return job_id


@contextmanager
def listening(api: Api, job_id: str, after: str | None = None) -> Iterator[Iterator[Any]]:
    """Open the stream of a job's events."""
    headers = {} if after is None else {"Last-Event-ID": after}
    response = api.pool.request(
        "GET", f"{api.url}/jobs/{job_id}/events", headers=headers, preload_content=False
    )
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    with closing(response):
        yield read_events(line.decode() for line in response)


def read_events(lines: Iterator[str]) -> Iterator[Any]:
    """Yield the events among the lines of a stream, as any reader of such streams sees them."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        elif fields:
            event = json.loads(fields["data"])
            assert (event["id"], event["type"]) == (fields["id"], fields["event"])
            yield event
            fields = {}


def lines_of(api: Api, job_id: str, query: str = "") -> list[Any]:
    reply = api.get(f"/jobs/{job_id}/output{query}")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in reply.content.splitlines()]


def output(events: list[Any], stream: str = "stdout") -> str:
    return "".join(event["text"] for event in events if event["stream"] == stream)


@contextmanager
def closing_pool(api: Api) -> Iterator[Api]:
    yield api
    api.pool.clear()


def test_what_a_program_writes_is_heard_while_it_runs(api: Api) -> None:
    job_id = submit(api, f"print('hello', flush=True)\n{FOREVER}")
    with listening(api, job_id) as events:
        heard = [next(events), next(events), next(events)]
        assert [event["status"] for event in heard] == ["queued", "running", None]
        assert output(heard) == "hello\n"
        assert api.get(f"/jobs/{job_id}").body["status"] == "running"
        assert api.post(f"/jobs/{job_id}/cancel").status == 200
        heard += events
    assert heard[-1]["status"] == "cancelled"
    record = api.get(f"/jobs/{job_id}/result?timeout=30").body
    assert (record["status"], record["stdout"]) == ("cancelled", "hello\n")
    assert lines_of(api, job_id) == heard


def test_a_listener_goes_on_where_it_was_during_the_job_and_after(api: Api) -> None:
    code = "for n in range(4): print(n, flush=True); time.sleep(0.2)"
    job_id = submit(api, code)
    heard: list[Any] = []
    while not heard or heard[-1]["status"] != "succeeded":
        after = heard[-1]["id"] if heard else None
        with listening(api, job_id, after) as events:
            heard.append(next(events))
    assert output(heard) == "0\n1\n2\n3\n"
    for number, event in enumerate(heard, 1):
        assert lines_of(api, job_id, f"?after={event['id']}") == heard[number:]


def test_without_following_there_is_what_there_is(api: Api) -> None:
    job_id = submit(api, f"print('hello', flush=True)\n{FOREVER}")
    with listening(api, job_id) as events:
        heard = [next(events), next(events), next(events)]
        assert lines_of(api, job_id, "?follow=false") == heard
        assert lines_of(api, job_id, f"?follow=false&after={heard[-1]['id']}") == []
        api.post(f"/jobs/{job_id}/cancel")


def test_a_character_that_comes_in_two_parts_stays_whole(api: Api) -> None:
    code = "os.write(1, b'gr\\xc3'); time.sleep(0.5); os.write(1, b'\\xbcn\\xff\\n')"
    job_id = submit(api, code)
    with listening(api, job_id) as events:
        heard = list(events)
    assert output(heard) == "grün\ufffd\n"
    assert api.get(f"/jobs/{job_id}/result").body["stdout"] == output(heard)


def test_both_streams_of_a_short_program_are_told(api: Api) -> None:
    job_id = submit(api, "print('out'); raise SystemExit('err')")
    with listening(api, job_id) as events:
        heard = list(events)
    assert (output(heard), output(heard, "stderr")) == ("out\n", "err\n")
    assert heard[-1]["status"] == "failed"


@pytest.mark.parametrize("after", ["x", "7", "1-pending", "9-running", "1-999"])
def test_an_id_that_is_none_of_the_jobs_is_refused(api: Api, after: str) -> None:
    job_id = submit(api, "print(1)")
    api.get(f"/jobs/{job_id}/result?timeout=30")
    assert api.get(f"/jobs/{job_id}/output?after={after}").status == 422
    reply = api.get(f"/jobs/{job_id}/events", **{"Last-Event-ID": after})
    assert reply.status == 422
    assert reply.body["detail"][0]["loc"] == ["header", "Last-Event-ID"]


@pytest.mark.parametrize("path", ["events", "output", "artifacts.zip"])
def test_of_a_job_that_does_not_exist_there_is_nothing(api: Api, path: str) -> None:
    reply = api.get(f"/jobs/00000000-0000-4000-8000-000000000000/{path}")
    assert (reply.status, reply.body["detail"]) == (404, "Job not found")


@pytest.mark.slow
def test_a_killed_server_costs_an_attempt_and_no_event(tmp_path: Path) -> None:
    arguments = ("--data", str(tmp_path / "data"), "--port", "0")
    with command_serving(*arguments) as (process, url), closing_pool(Api(url)) as api:
        job_id = submit(api, f"print('hello', flush=True)\n{FOREVER}")
        with listening(api, job_id) as events:
            heard = [next(events), next(events), next(events)]
            process.kill()
            with pytest.raises(urllib3.exceptions.ProtocolError):
                heard += events
    with (
        command_serving(*arguments) as (_, url),
        closing_pool(Api(url)) as api,
        listening(api, job_id, heard[-1]["id"]) as events,
    ):
        again = [next(events)]
        while again[-1]["type"] != "output":
            again.append(next(events))
        api.post(f"/jobs/{job_id}/cancel")
        again += events
    assert [str(event["id"]) for event in [*heard, *again] if event["status"] != "queued"] == [
        "1-running", "1-1", "2-running", "2-1", "2-cancelled",
    ]  # fmt: skip


@pytest.mark.slow
def test_ids_outlive_the_server(tmp_path: Path, connect: Callable[..., Api]) -> None:
    """A job that is handed back when its server stops is told as its next attempt."""
    settings = server_settings(tmp_path / "data")
    with serving(settings) as first:
        api = connect(first)
        done = submit(api, "print('done')")
        with listening(api, done) as events:
            told = list(events)
        job_id = submit(api, f"print('hello', flush=True)\n{FOREVER}")
        with listening(api, job_id) as events:
            heard = [next(events), next(events), next(events)]
            first.stop()
            # The stream ends with the server.
            heard += events
    with serving(settings) as second:
        api = connect(second)
        assert lines_of(api, done, f"?after={told[1]['id']}") == told[2:]
        with listening(api, job_id, heard[-1]["id"]) as events:
            again = [next(events)]
            while again[-1]["type"] != "output":
                again.append(next(events))
            api.post(f"/jobs/{job_id}/cancel")
            again += events
    again = [event for event in again if event["status"] != "queued"]
    assert [event["status"] for event in again] == ["running", None, "cancelled"]
    assert {event["attempt"] for event in again} == {2}
    assert output(again) == "hello\n"


def test_all_files_come_as_one_archive(api: Api) -> None:
    files = {"b.txt": b"two", "grün.bin": bytes(300_000), "a.txt": b""}
    code = (
        "files = {'b.txt': b'two', 'grün.bin': bytes(300_000), 'a.txt': b''}\n"
        "for name, content in files.items(): open(f'/output/{name}', 'wb').write(content)"
    )
    job_id = submit(api, code)
    api.get(f"/jobs/{job_id}/result?timeout=30")
    reply = api.get(f"/jobs/{job_id}/artifacts.zip")
    assert reply.headers["Content-Type"] == "application/zip"
    assert reply.headers["Content-Disposition"] == f'attachment; filename="job-{job_id}.zip"'
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert list(found.items()) == sorted(files.items())


def delivered(api: Api, job_id: str) -> Any:
    """Return a job's full record once its webhook has been delivered."""
    while True:
        job = api.get(f"/jobs/{job_id}?view=full").body
        if job["webhook"]["state"] != "pending":
            return job


async def test_a_job_tells_of_its_end(start_server: Callable[..., RunningServer]) -> None:
    settings = WebhookSettings(allow_private=True, schedule=HASTY)
    server = await asyncio.to_thread(start_server, webhooks=settings)
    api = Api(server.url)
    async with Receiver(answer(500), answer(200)) as receiver:
        webhook = {"url": f"{receiver.url}?a=b", "secret": SECRET, "headers": {"X-Own": "1"}}
        job_id = await asyncio.to_thread(submit, api, "print('hello')", webhook=webhook)
        first, second = await receiver.next(), await receiver.next()
        job = await asyncio.to_thread(delivered, api, job_id)
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == f"msg_{job_id}"
    assert second.headers["x-own"] == "1"
    assert job.pop("webhook") == {
        "url": receiver.url,
        "state": "delivered",
        "attempts": 2,
        "last_status": 200,
        "last_error": None,
        "next_attempt_at": None,
    }
    assert json.loads(second.body) == {"type": "job.finished", **job}
    assert job["stdout"] == "hello\n"
    api.pool.clear()


def test_everything_that_is_wrong_with_a_webhook_is_told_at_once(api: Api) -> None:
    webhook = {
        "url": "http://169.254.169.254/latest",
        "headers": {"Host": "x", "A\r\nB": "c", "D": "e\n"},
        "secret": "whsec_no base64 at all",
    }
    reply = api.post("/execute/async", {"code": "1", "webhook": webhook})
    assert reply.status == 422
    assert sorted(reply.pointers()) == [
        "/webhook/headers/A\r\nB",
        "/webhook/headers/D",
        "/webhook/headers/Host",
        "/webhook/secret",
        "/webhook/url",
    ]


async def test_a_listener_that_left_ends_the_listening() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    is_closed = asyncio.Event()

    async def endless() -> AsyncGenerator[int, None]:
        try:
            await asyncio.Event().wait()
            yield 1
        finally:
            is_closed.set()

    request = Request({"type": "http", "method": "GET", "headers": []}, receive)
    values = while_present(request, asyncio.Event(), endless(), 30)
    assert [value async for value in values] == []
    assert is_closed.is_set()
