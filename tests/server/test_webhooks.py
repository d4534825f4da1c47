"""Webhooks of jobs, sent to a real receiver: once the job ends, signed, and until they arrive."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from databases import database_url, db, postgresql
from docs.blocks import ROOT, blocks
from evalwright_server.runs.job_payload import MAX_ATTEMPTS, QUEUE
from evalwright_server.runs.kinds import SOURCES
from evalwright_server.runs.leases import Leases
from evalwright_server.runs.reaper import reap
from evalwright_server.runs.records import Finish
from evalwright_server.runs.states import State
from evalwright_server.services.webhook_queue import Outcome, claim, settle
from evalwright_server.store.database import Database
from evalwright_server.store.dialects import sqlite_url
from evalwright_server.store.secrets import SecretBox
from evalwright_server.store.tables.jobs import webhook_deliveries
from evalwright_server.webhooks.posting import Poster
from evalwright_server.webhooks.signing import sign, signing_key
from runs.conftest import make_space, space_id
from webhooks.receiver import Receiver, answer, hang_up, pour, say_nothing
from webhooks.sending import HASTY, PATIENT, SECRET, Office

__all__ = ["database_url", "db", "postgresql", "space_id"]

TESTS = Path(__file__).parents[1]


@pytest.fixture
def office(db: Database, space_id: int) -> Office:
    return Office(db, space_id)


async def test_a_job_that_ends_is_told_of_with_signature_and_own_headers(office: Office) -> None:
    async with Receiver() as receiver, office.sender():
        run_id = await office.submit(
            f"{receiver.url}?a=b", secret=SECRET, headers={"Authorization": "Bearer x"}
        )
        assert (await office.view(run_id))["state"] == "waiting"
        await office.cancel(run_id)
        request = await receiver.next()
        view = await office.settled(run_id)
    content = json.loads(request.body)
    assert request.target == "/hook?a=b"
    assert (content["type"], content["status"]) == ("job.finished", "cancelled")
    assert "webhook" not in content
    headers = request.headers
    assert headers["content-type"] == "application/json"
    assert headers["authorization"] == "Bearer x"
    assert headers["webhook-id"] == f"msg_{content['job_id']}"
    moment = int(headers["webhook-timestamp"])
    assert abs(moment - datetime.now(UTC).timestamp()) < 60
    expected = sign(signing_key(SECRET), headers["webhook-id"], moment, request.body)
    assert headers["webhook-signature"] == expected
    assert view == {
        "url": receiver.url,
        "state": "delivered",
        "attempts": 1,
        "last_status": 204,
        "last_error": None,
        "next_attempt_at": None,
    }


async def test_the_code_of_the_documentation_believes_what_arrives(office: Office) -> None:
    names: dict[str, Any] = {}
    page = blocks(ROOT / "docs" / "webhooks.md")
    exec(next(block for block in page if block.language == "python").body, names)
    verify = names["verify"]
    async with Receiver() as receiver, office.sender():
        for secret in (SECRET, "in plain text, 24 letters"):
            await office.submit_ended(receiver.url, secret=secret)
            request = await receiver.next()
            assert verify(secret, request.headers, request.body)
            assert not verify(secret, request.headers, request.body + b" ")
            assert not verify(f"{secret[:-2]}zz", request.headers, request.body)
            old = request.headers | {"webhook-timestamp": "1614265330"}
            assert not verify(secret, old, request.body)


async def test_without_a_secret_there_is_no_signature(office: Office) -> None:
    async with Receiver() as receiver, office.sender():
        await office.submit_ended(receiver.url)
        assert "webhook-signature" not in (await receiver.next()).headers


async def test_a_job_that_a_worker_finishes_is_told_of(office: Office) -> None:
    async with Receiver() as receiver, office.sender():
        await office.submit(receiver.url)
        worker = Leases(office.engine, "worker", SOURCES)
        [(claimed, _)] = await worker.claim(QUEUE, 1)
        assert receiver.requests == []
        await worker.finish(claimed, Finish(State.FAILED, "it broke"))
        assert json.loads((await receiver.next()).body)["status"] == "failed"


async def test_a_job_that_no_worker_could_finish_is_told_of(office: Office) -> None:
    async with Receiver() as receiver, office.sender():
        await office.submit(receiver.url)
        for _ in range(MAX_ATTEMPTS):
            worker = Leases(office.engine, "worker", SOURCES)
            await worker.claim(QUEUE, 1)
            assert receiver.requests == []
            await worker.abandon()
        assert json.loads((await receiver.next()).body)["status"] == "failed"


async def test_a_job_past_its_deadline_is_told_of(office: Office) -> None:
    async with Receiver() as receiver, office.sender():
        await office.submit(receiver.url, deadline=-1)
        await reap(office.engine)
        assert json.loads((await receiver.next()).body)["status"] == "timeout"


async def test_it_is_sent_until_it_arrives_each_time_under_the_same_id(office: Office) -> None:
    async with Receiver(answer(500), hang_up, answer(302), answer(200)) as receiver:
        async with office.sender():
            run_id = await office.submit_ended(receiver.url, secret=SECRET)
            view = await office.settled(run_id)
        assert (view["state"], view["attempts"], view["last_error"]) == ("delivered", 4, None)
        assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
        assert len({request.body for request in receiver.requests}) == 1


async def test_it_is_given_up_after_the_last_attempt(office: Office) -> None:
    async with Receiver(answer(503)) as receiver, office.sender():
        view = await office.settled(await office.submit_ended(receiver.url))
    assert (view["state"], view["attempts"], view["last_status"]) == ("failed", 4, 503)
    assert view["last_error"] == "it was answered with 503"
    assert view["next_attempt_at"] is None


async def test_a_receiver_that_is_gone_for_good_is_left_alone(office: Office) -> None:
    async with Receiver(answer(410)) as receiver, office.sender(PATIENT):
        view = await office.settled(await office.submit_ended(receiver.url))
    assert (view["state"], view["attempts"]) == ("failed", 1)


async def test_a_receiver_says_when_to_come_back(office: Office) -> None:
    async with Receiver(answer(429, Retry_After="7200")) as receiver, office.sender(PATIENT):
        run_id = await office.submit_ended(receiver.url)
        await receiver.next()
        while (view := await office.view(run_id))["last_status"] is None:
            pass
    left = view["next_attempt_at"] - datetime.now(UTC)
    assert timedelta(seconds=7000) < left <= timedelta(seconds=7201)
    assert (view["state"], view["last_error"]) == ("pending", "it was answered with 429")


async def test_it_never_goes_to_a_private_address_unless_that_is_allowed(office: Office) -> None:
    async with Receiver() as receiver, office.sender(poster=Poster()):
        url = f"http://localhost:{receiver.port}/"
        view = await office.settled(await office.submit_ended(url))
        assert receiver.requests == []
    assert view["state"] == "failed"
    assert "EVALWRIGHT_WEBHOOK_PRIVATE=1" in view["last_error"]


async def test_a_redirect_to_a_private_address_is_not_followed(office: Office) -> None:
    async with Receiver() as inside, Receiver(answer(307, Location=inside.url)) as receiver:
        async with office.sender():
            view = await office.settled(await office.submit_ended(receiver.url))
        assert inside.requests == []
    assert view["last_error"] == "it was answered with 307; redirects are not followed"


async def test_an_answer_without_end_holds_nobody_up(office: Office) -> None:
    async with Receiver(pour) as receiver, office.sender():
        view = await office.settled(await office.submit_ended(receiver.url))
    assert view["state"] == "delivered"


async def test_one_slow_receiver_does_not_keep_others_waiting(office: Office) -> None:
    async with office.sender(), Receiver(say_nothing) as slow, Receiver() as quick:
        await office.submit_ended(slow.url)
        await slow.next()
        assert (await office.settled(await office.submit_ended(quick.url)))["state"] == "delivered"


async def test_what_a_dead_server_left_unsent_is_sent_by_the_next(office: Office) -> None:
    run_id = await office.submit_ended("http://127.0.0.1:9/")
    async with Receiver() as receiver:
        other = await office.submit_ended(receiver.url)
        async with office.sender():
            assert (await office.settled(other))["state"] == "delivered"
    assert (await office.view(run_id))["attempts"] >= 1


async def test_an_attempt_that_a_kill_cut_short_is_made_again(office: Office) -> None:
    """The lease of a sender that is gone ends; SQLite's next owner needn't wait for that."""
    async with Receiver() as receiver:
        run_id = await office.submit_ended(receiver.url)
        db = office.engine.db
        [lost] = await db.write(lambda connection: claim(connection, 10))
        assert await db.write(lambda connection: claim(connection, 10)) == []
        if db.dialect == "postgresql":
            past = datetime.now(UTC) - timedelta(seconds=1)
            expire = update(webhook_deliveries).values(lease_until=past)
            await db.write(lambda connection: connection.execute(expire).rowcount)
        async with office.sender():
            view = await office.settled(run_id)
        assert (view["state"], view["attempts"]) == ("delivered", 2)
        # What the first sender finds out later no longer counts.
        late = Outcome(500, "late", 1.0)
        await db.write(lambda connection: settle(connection, lost, late))
        assert await office.view(run_id) == view


async def test_a_kill_in_the_middle_costs_a_second_request_with_the_same_id(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "evalwright.db")
    async with Receiver(say_nothing, answer(204)) as receiver:
        async with await Database.open(url) as db:
            office = Office(db, await db.write(make_space))
            run_id = await office.submit_ended(receiver.url, secret=SECRET)
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "webhooks.sending", url, str(office.space_id)),
            env={**os.environ, "PYTHONPATH": str(TESTS)},
        )
        first = await receiver.next()
        server.kill()
        await server.wait()
        async with await Database.open(url) as db:
            office = Office(db, office.space_id)
            async with office.sender():
                second = await receiver.next()
                view = await office.settled(run_id)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert (view["state"], view["attempts"]) == ("delivered", 2)


async def test_two_senders_never_make_the_same_attempt(office: Office) -> None:
    async with Receiver() as receiver, office.sender(), office.sender():
        runs = [await office.submit_ended(receiver.url) for _ in range(20)]
        views = await asyncio.gather(*(office.settled(run_id) for run_id in runs))
        assert [view["attempts"] for view in views] == [1] * 20
        assert len(receiver.requests) == 20


async def test_headers_secret_and_query_are_sealed(office: Office) -> None:
    url = "https://example.com/hook?token=hidden1"
    headers = {"Authorization": "hidden2"}
    run_id = await office.submit(url, secret="hidden3 hidden3 hidden3", headers=headers)
    assert "hidden" not in repr(await office.row(run_id))


async def test_without_the_key_they_were_sealed_with_nothing_is_sent(office: Office) -> None:
    other = SecretBox(["1" * 43 + "="])
    async with Receiver() as receiver, office.sender(HASTY, secrets=other):
        view = await office.settled(await office.submit_ended(receiver.url))
        assert receiver.requests == []
    assert "can't be opened with this server's key" in view["last_error"]


async def test_the_webhook_of_a_deleted_job_is_forgotten(office: Office) -> None:
    run_id = await office.submit("http://example.com/")
    await office.engine.db.write(
        lambda connection: connection.exec_driver_sql(f"DELETE FROM runs WHERE id = {run_id}")
    )
    statement = "SELECT count(*) FROM webhook_deliveries"
    count = office.engine.db.read(
        lambda connection: connection.exec_driver_sql(statement).scalar_one()
    )
    assert await count == 0
