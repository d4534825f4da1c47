"""Limits that `evalwright doctor` tries out: each job here breaks one of them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from evalwright_server.sandbox import (
    Sandbox,
    SandboxJob,
    SandboxLimits,
    SandboxResult,
    SandboxStatus,
    SandboxUnavailable,
)
from evalwright_server.sandbox.job import MIB

GREED: Final = """
kept = []
while True:
    kept.append(bytearray(b"x" * (4 << 20)))
"""

FORKS: Final = """
import os, time
count = 0
try:
    for count in range(100):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
except OSError:
    print("refused after", count)
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """A job and what must become of it.

    Attributes:
        name: What is tried.
        script: The program.
        limits: Its limits.
        holds: Tells whether the limit held.
    """

    name: str
    script: str
    limits: SandboxLimits
    holds: Callable[[SandboxResult], bool]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a trial.

    Attributes:
        name: What was tried.
        passed: Whether it went as it must.
        detail: What happened, for people.
    """

    name: str
    passed: bool
    detail: str


TRIALS: Final = (
    Trial(
        "a program runs",
        "print(6 * 7)",
        SandboxLimits(wall_seconds=20),
        lambda result: result.stdout == "42\n",
    ),
    Trial(
        "memory is limited",
        GREED,
        SandboxLimits(wall_seconds=20, memory_bytes=64 * MIB),
        lambda result: result.status is SandboxStatus.OOM,
    ),
    Trial(
        "processes are limited",
        FORKS,
        SandboxLimits(wall_seconds=20, processes=8),
        lambda result: result.stdout.startswith("refused"),
    ),
    Trial(
        "time is limited",
        "while True: pass",
        SandboxLimits(wall_seconds=0.3),
        lambda result: result.status is SandboxStatus.TIMEOUT,
    ),
)


async def try_limits(sandbox: Sandbox) -> list[Outcome]:
    """Run all trials, at the same time."""
    return await asyncio.gather(*(outcome(sandbox, trial) for trial in TRIALS))


async def outcome(sandbox: Sandbox, trial: Trial) -> Outcome:
    """Run one."""
    try:
        result = await sandbox.run(SandboxJob(trial.script, limits=trial.limits))
    except SandboxUnavailable as problem:
        return Outcome(trial.name, passed=False, detail=f"{problem.cause} {problem.cure}")
    milliseconds = f"{1000 * result.duration:.0f} ms"
    said = result.reason or f"exit code {result.exit_code}"
    return Outcome(trial.name, trial.holds(result), f"{result.status}: {said}, in {milliseconds}")
