"""Whom the kernel takes a sandbox for, when the server is root."""

import asyncio
import os
import select
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from evalwright_server.sandbox import Sandbox, SandboxJob, SandboxUnavailable
from evalwright_server.sandbox.account import (
    FIRST_UID,
    MAX_PROCESSES,
    NOBODY,
    UIDS,
    Accounts,
    candidates,
    is_mapped,
    job_accounts,
)
from evalwright_server.sandbox.bubblewrap import Bubblewrap
from evalwright_server.sandbox.exposure import Exposure
from evalwright_server.sandbox.spawner import SpawnedProcess, Spawner

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user has no other account")
ONE_USER = "         0       1000          1\n"
CONTAINER = "         0     100000      65536\n"


def test_accounts_are_looked_up_in_the_map() -> None:
    table = "         0       1000          1\n         1     100000      65536\n"
    assert [is_mapped(uid, table) for uid in (0, 1, 65536, 65537)] == [True, True, True, False]


def test_only_root_needs_other_accounts() -> None:
    accounts = job_accounts()
    assert (accounts is None) == (os.geteuid() != 0)
    if accounts is not None:
        assert min(accounts.uids) > 60_000
        assert job_accounts() is accounts  # or two who make sandboxes here would use the same ones


@pytest.mark.parametrize("pid", [1, 2, 71, 72, 4096, MAX_PROCESSES - 1])
def test_processes_have_accounts_of_their_own(pid: int) -> None:
    """Nobody gets root's, those of people, or those that overflow where they are signed."""
    many, inside, few = candidates(pid)
    assert many[0] >= FIRST_UID
    assert many[-1] < 0x7FFDFFFF
    assert len(many) == len(inside) == UIDS
    assert set(many).isdisjoint(candidates(pid + 1)[0])
    assert is_mapped(inside[0], CONTAINER)
    assert is_mapped(inside[-1], CONTAINER)
    assert list(few) == [NOBODY]
    assert not any(is_mapped(uids[0], ONE_USER) for uids in candidates(pid))


def test_an_account_is_used_again_as_late_as_possible() -> None:
    accounts = Accounts(range(100, 103))
    first, second = accounts.take(), accounts.take()
    accounts.give_back(first)
    assert [accounts.take(), accounts.take()] == [102, first]
    assert not accounts.is_shared(second)
    assert accounts.is_shared(accounts.take())


@pytest.fixture
def spawner() -> Iterator[Spawner]:
    accounts = job_accounts()
    started = Spawner(Bubblewrap(Path("/bin/sleep")), accounts, Exposure())
    yield started
    started.close()


def sleep(spawner: Spawner, uid: int | None = None) -> SpawnedProcess:
    null = os.open(os.devnull, os.O_RDWR)
    try:
        return spawner.spawn(["1000"], [null, null, null], uid)
    finally:
        os.close(null)


def identity(pid: int) -> dict[str, list[str]]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.split(":")[0]: line.split()[1:] for line in lines}


def end(spawner: Spawner, process: SpawnedProcess) -> None:
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(process.pidfd, signal.SIGKILL)
    select.select([process.pidfd], [], [])
    os.close(process.pidfd)
    spawner.release(process)


def executed(process: SpawnedProcess) -> dict[str, list[str]]:
    """Wait until a process is no longer the spawner's copy, and look at it."""
    while b"spawner.py" in Path(f"/proc/{process.pid}/cmdline").read_bytes():
        os.sched_yield()
    return identity(process.pid)


@root_only
def test_each_process_has_an_account_and_nothing_else(spawner: Spawner) -> None:
    processes = [sleep(spawner) for _ in range(3)]
    for process in processes:
        found = executed(process)
        assert set(found["Uid"]) == set(found["Gid"]) == {str(process.uid)}
        assert found["Groups"] == []
        assert int(found["CapPrm"][0], 16) == int(found["CapEff"][0], 16) == 0
        assert spawner.has_own_account(process)
    assert len({process.uid for process in processes}) == 3
    for process in processes:
        end(spawner, process)


@root_only
@pytest.mark.parametrize("uid", [0, 1, 65534, FIRST_UID - 1])
def test_other_accounts_are_refused(spawner: Spawner, uid: int) -> None:
    """Should the server ever be talked into asking for one."""
    with pytest.raises(SandboxUnavailable, match="not one of those for sandboxes"):
        sleep(spawner, uid)
    assert spawner.alive


@root_only
def test_what_goes_wrong_under_the_other_account_is_told_on_stderr() -> None:
    """Nobody waits for the program to start; where bubblewrap's complaints are read, this is."""
    reader, writer = os.pipe()
    null = os.open(os.devnull, os.O_RDWR)
    process = Spawner(Bubblewrap(Path("/nowhere/bwrap")), job_accounts(), Exposure())
    spawned = process.spawn(["x"], [null, null, writer])
    os.close(writer)
    assert b"No such file" in os.read(reader, 1000)
    end(process, spawned)
    process.close()
    for fd in (reader, null):
        os.close(fd)


@root_only
def test_the_spawner_keeps_few_rights(spawner: Spawner) -> None:
    """To become another account, and to end sandboxes that have one."""
    found = identity(spawner._process.pid)
    assert int(found["CapEff"][0], 16) == int(found["CapPrm"][0], 16) == 0b1110_0000


@pytest.mark.skipif(os.geteuid() == 0, reason="root has other accounts for this")
def test_an_ordinary_server_shares_its_account(spawner: Spawner) -> None:
    process = sleep(spawner)
    assert process.uid is None
    assert not spawner.has_own_account(process)
    end(spawner, process)


@root_only
async def test_jobs_at_the_same_time_have_different_accounts() -> None:
    """And accounts come back when jobs are over."""
    script = "import os, sys\nos.write(3, b'begun\\n')\nsys.stdin.read()\nwhile True: pass"
    async with Sandbox() as sandbox:
        await sandbox.probe()
        begun: asyncio.Queue[bytes] = asyncio.Queue()
        tasks = [
            asyncio.create_task(sandbox.run(SandboxJob(script), begun.put_nowait)) for _ in range(3)
        ]
        for _ in tasks:
            await begun.get()
        # What the probe used may still be on its way out, with an account of its own.
        assert len(uids_of_jobs()) >= 3
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def uids_of_jobs() -> set[str]:
    found = set()
    for pid in descendants(os.getpid()):
        with suppress(OSError):  # it has just ended
            if is_job(pid):
                found.add(str(identity(pid)["Uid"][0]))
    return found


def is_job(pid: int) -> bool:
    return b"agent.py" in Path(f"/proc/{pid}/cmdline").read_bytes()


def descendants(pid: int) -> list[int]:
    children: list[int] = []
    with suppress(OSError):  # it has just ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            children += [int(child) for child in (task / "children").read_text().split()]
    return children + [pid for child in children for pid in descendants(child)]
