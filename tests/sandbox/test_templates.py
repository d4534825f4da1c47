"""Jobs of one template share its memory, and nothing else."""

import asyncio
import signal
from textwrap import dedent

import pytest

from evalwright_server.sandbox import (
    Sandbox,
    SandboxJob,
    SandboxResult,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]


async def run(sandbox: Sandbox, script: str, template: str | None = None) -> SandboxResult:
    return await sandbox.run(SandboxJob(dedent(script), template=template))


async def test_jobs_of_one_template_see_nothing_of_each_other(sandbox: Sandbox) -> None:
    """They run at the same time, as children of one process."""
    rendezvous = """
import os, socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind("\\0rendezvous")
listener = socket.create_server(("127.0.0.1", 4567))
open("/dev/shm/here", "w"); open("/tmp/here", "w")
os.write(3, b"up\\n")
time.sleep(1000)
"""
    look = """
import os, socket
found = []
for family, address in ((socket.AF_UNIX, "\\0rendezvous"), (socket.AF_INET, ("127.0.0.1", 4567))):
    try: socket.socket(family).connect(address); found.append(address)
    except ConnectionRefusedError: pass
found += os.listdir("/dev/shm") + os.listdir("/tmp") + os.listdir("/slots") + os.listdir("/dev/pts")
print(found, [name for name in os.listdir("/proc") if name.isdigit()])
"""
    up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    first = asyncio.create_task(
        sandbox.run(SandboxJob(rendezvous, template="x"), lambda _: up.set_result(None))
    )
    await asyncio.wait_for(up, 20)
    result = await sandbox.run(SandboxJob(look, template="x"))
    first.cancel()
    assert result.stdout == "[] ['1', '2']\n", result


async def test_tenants_do_not_share_a_template(sandbox: Sandbox) -> None:
    """Children of one process have the same seed of hashes."""
    script = "print(hash('a'))"
    ann, ben = [[await run(sandbox, script, name) for _ in range(2)] for name in ("ann", "ben")]
    assert ann[0].stdout == ann[1].stdout != ben[0].stdout == ben[1].stdout


async def test_jobs_of_one_template_draw_different_numbers(sandbox: Sandbox) -> None:
    script = (
        "import random, secrets, uuid; print(random.random(), secrets.token_hex(), uuid.uuid4())"
    )
    job = SandboxJob(script, preload=("random", "uuid"), template="numbers")
    results = [(await sandbox.run(job)).stdout for _ in range(3)]
    assert len(set(results)) == 3


async def test_a_template_that_died_is_made_again(sandbox: Sandbox) -> None:
    assert (await run(sandbox, "print(1)", "mortal")).stdout == "1\n"
    workshop = sandbox._workshop
    assert workshop is not None
    (template,) = [task.result() for key, task in workshop._templates._tasks.items()
                   if key[0] == "mortal"]  # fmt: skip
    signal.pidfd_send_signal(template._process.pidfd, signal.SIGKILL)
    assert (await run(sandbox, "print(2)", "mortal")).stdout == "2\n"


async def test_templates_nobody_uses_make_room(sandbox: Sandbox) -> None:
    for number in range(6):
        assert (await run(sandbox, "print(1)", f"tenant {number}")).stdout == "1\n"
        await asyncio.gather(*sandbox._pool._dropping)
    workshop = sandbox._workshop
    assert workshop is not None
    assert len(workshop._templates._tasks) <= 4


async def test_a_template_can_not_be_reached_from_its_children(sandbox: Sandbox) -> None:
    script = """
import os
parents = []
for name in ("mem", "environ", "maps", "fd", "root", "cwd"):
    try:
        path = f"/proc/1/{name}"
        os.listdir(path) if name in ("fd", "root", "cwd") else open(path, "rb").read(1)
        parents.append(name)
    except OSError:
        pass
print(parents, os.getppid())
for number in range(3, 20):
    try:
        print(number, os.readlink(f"/proc/self/fd/{number}"))
    except OSError:
        pass
"""
    assert (await run(sandbox, script, "parents")).stdout == "[] 1\n"
