"""Sandboxes by themselves: from a program to its first instruction, and to its result.

The peer is a bare interpreter that runs the same program, started in the same round.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from statistics import median, quantiles

from evalwright_server.sandbox import Sandbox, SandboxJob, SandboxResult, SandboxStatus

PROGRAM = "print(6 * 7)"
ROUNDS = 40
AT_ONCE = 3
SATURATION_SECONDS = 8.0
REFILL_SECONDS = 0.15
"""Left between rounds, so that a sandbox stands ready again: what a busy server's users see is in
the figures for saturation."""


def report() -> str:
    """Measure one job at a time, then as many as go; return text."""
    return asyncio.run(_report())


async def _report() -> str:
    async with Sandbox(warm=2) as warm, Sandbox() as cold:
        lines = ["Sandboxes", *await _single(warm, cold)]
        bare = await _saturate_bare()
        lines.append(_rate("bare spawns", bare, bare))
        lines.append(_rate("one-shot sandboxes", await _saturate(warm, None), bare))
        lines.append(_rate("from a template", await _saturate(warm, "bench"), bare))
    return "\n".join([*lines, ""])


async def _single(warm: Sandbox, cold: Sandbox) -> list[str]:
    await _run(warm)
    await _run(cold)
    bare, begin, whole, slow = [], [], [], []
    for _ in range(ROUNDS):
        await asyncio.sleep(REFILL_SECONDS)
        began = time.perf_counter()
        spawn()
        bare.append(time.perf_counter() - began)
        result, seconds = await _run(warm)
        if result.was_warm and result.startup_seconds is not None:
            begin.append(result.startup_seconds / bare[-1])
            whole.append(seconds / bare[-1])
        slow.append((await _run(cold))[1] / bare[-1])
    return [
        f"{'bare python -I -S -c':<42}{median(bare) * 1e3:>9.1f} ms     1.00x",
        _ratio("ready sandbox: to the first instruction", begin),
        _ratio("ready sandbox: to the result", whole),
        _ratio("sandbox made on demand: to the result", slow),
    ]


async def _run(sandbox: Sandbox, template: str | None = None) -> tuple[SandboxResult, float]:
    began = time.perf_counter()
    result = await sandbox.run(SandboxJob(PROGRAM, template=template))
    if result.status is not SandboxStatus.EXITED or result.stdout != "42\n":
        message = f"the program did not run: {result}"
        raise RuntimeError(message)
    return result, time.perf_counter() - began


def spawn() -> None:
    """Run the program in a bare interpreter."""
    subprocess.run([sys.executable, "-I", "-S", "-c", PROGRAM], check=True, stdout=subprocess.PIPE)


async def _saturate_bare() -> float:
    async def once() -> None:
        await asyncio.to_thread(spawn)

    return await _count(once)


async def _saturate(sandbox: Sandbox, template: str | None) -> float:
    async def once() -> None:
        await _run(sandbox, template)

    await once()
    return await _count(once)


async def _count(once: Callable[[], Awaitable[None]]) -> float:
    """Return how often a second something is done, by `AT_ONCE` who do nothing else."""
    until = time.perf_counter() + SATURATION_SECONDS
    done = 0

    async def work() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await once()
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return done / (time.perf_counter() - began)


def _ratio(name: str, ratios: Sequence[float]) -> str:
    low, middle, high = quantiles(ratios, n=4)
    return f"{name:<42}{'':>12}{middle:>9.2f}x   ({low:.2f} to {high:.2f}, {len(ratios)} rounds)"


def _rate(name: str, rate: float, bare: float) -> str:
    return f"{name + f', {AT_ONCE} at a time':<42}{rate:>9.0f}/s {rate / bare:>10.2f}x"
