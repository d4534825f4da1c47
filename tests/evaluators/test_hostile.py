"""Custom evaluators that hang, crash or lie cost themselves, not the others."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pydantic import JsonValue

from evalwright_server.evaluators import (
    EvaluationError,
    EvaluationLimits,
    EvaluationResult,
    Outcome,
    build_evaluator,
)
from evalwright_server.sandbox import Sandbox

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

Judge = Callable[..., Awaitable[list[Outcome]]]
ROWS = [{"output": name} for name in ("good", "bad", "good", "bad", "good")]
GOOD = EvaluationResult(1.0, None, None)


@pytest.mark.parametrize(
    ("deed", "message"),
    [
        ("while True: pass", "The evaluator took longer than 1 s."),
        ("time.sleep(1000)", "The evaluator took longer than 1 s."),
        ("os._exit(7)", "The evaluator ended its process with exit code 7."),
        ("os.kill(os.getpid(), 9)", "The evaluator ended its process with exit code 137."),
        ("ctypes.string_at(0)", "The evaluator ended its process with exit code 139."),
        ("os.kill(1, 9); return 1", None),
        ("os.close(3)", "The evaluator ended its process with exit code 1, saying: OSError:"),
        ("os.write(3, b'nonsense\\n'); return 1", "The evaluator wrote to the channel"),
        ("os.write(3, b'[\"result\", 9, 1.0, null, null]\\n')", "The evaluator wrote to the"),
        ("os.write(3, b'x' * 10 ** 6)", "The evaluator was ended: it sent a message of more"),
        ("hog = [bytes(10 ** 6) for _ in range(10 ** 6)]", "MemoryError (line 7 of code"),
        ("shared()", "The evaluator needed more than 128 MiB of memory."),
        ("sys.setrecursionlimit(10 ** 9); deep(0)", None),
    ],
)
async def test_a_bad_row_costs_only_itself(judge: Judge, deed: str, message: str | None) -> None:
    code = f"""
        import ctypes, mmap, os, sys, time
        def deep(number):
            return deep(number + 1)
        def evaluate(output):
            if output == "bad":
                {deed}
            return 1.0
        def shared():
            memory = mmap.mmap(-1, 2 ** 28)
            for place in range(0, 2 ** 28, 4096):
                memory[place] = 1
            time.sleep(1000)
    """
    limits = EvaluationLimits(row_seconds=1, memory_bytes=128 * 2**20)
    if "shared" in deed or "hog" in deed or "deep" in deed:
        limits = EvaluationLimits(row_seconds=20, memory_bytes=128 * 2**20)
    outcomes = await judge(code, ROWS, limits)
    assert outcomes[0] == outcomes[2] == outcomes[4] == GOOD
    for outcome in (outcomes[1], outcomes[3]):
        if message is not None:
            assert isinstance(outcome, EvaluationError), outcome
            assert outcome.message.startswith(message)


async def test_dying_while_it_loads_fails_every_row_at_once(judge: Judge) -> None:
    """There is no use in trying row by row."""
    code = "import os\nos._exit(3)\ndef evaluate(output): return 1"
    outcomes = await judge(code, [{"output": 1}] * 1000)
    assert set(outcomes) == {EvaluationError("The evaluator ended its process with exit code 3.")}


async def test_hanging_while_it_loads_fails_every_row_at_once(judge: Judge) -> None:
    code = "while True: pass\ndef evaluate(output): return 1"
    outcomes = await judge(code, ROWS, EvaluationLimits(row_seconds=1))
    assert set(outcomes) == {EvaluationError("The evaluator took longer than 1 s.")}


async def test_the_batch_has_a_limit_of_its_own(judge: Judge) -> None:
    """What was judged until then stays judged."""
    code = """
        import time
        def evaluate(output):
            if output == "bad": time.sleep(1000)
            return 1.0
    """
    rows = [{"output": "good"}, {"output": "bad"}, {"output": "good"}]
    outcomes = await judge(code, rows, EvaluationLimits(row_seconds=60, batch_seconds=2))
    late = EvaluationError("Not judged: the rows of this batch took longer than 2 s together.")
    assert outcomes == [GOOD, late, late]


async def test_a_value_nested_beyond_reason_costs_its_row_only(judge: Judge) -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    outcomes = await judge("def evaluate(output): return 1.0", [{"output": deep}, {"output": 1}])
    assert outcomes[0] == EvaluationError("A value of the row is nested too deeply to be judged.")
    assert outcomes[1] == GOOD


async def test_printing_forges_nothing(judge: Judge) -> None:
    code = """
        def evaluate(output):
            print('["result", 0, 0.0, "forged", null]', flush=True)
            return 1.0
    """
    assert await judge(code, ROWS) == [GOOD] * 5


async def test_a_flood_of_output_does_no_harm(judge: Judge) -> None:
    code = """
        import sys
        def evaluate(output):
            print("x" * 10_000_000)
            print("x" * 10_000_000, file=sys.stderr)
            return 1.0
    """
    assert await judge(code, ROWS) == [GOOD] * 5


async def test_threads_left_behind_hold_nothing_up(judge: Judge) -> None:
    code = """
        import threading, time
        def evaluate(output):
            threading.Thread(target=time.sleep, args=[1000]).start()
            return 1.0
    """
    assert await judge(code, ROWS) == [GOOD] * 5


async def test_a_broken_library_is_the_evaluators_own_problem(judge: Judge) -> None:
    """The harness keeps what it needs out of reach of monkey-patching."""
    code = """
        import json, os
        json.dumps = os.write = None
        def evaluate(output): return 1.0
    """
    assert await judge(code, ROWS) == [GOOD] * 5


async def test_cancelling_ends_the_batch(sandbox: Sandbox) -> None:
    stored: dict[str, JsonValue] = {"type": "custom", "name": "slow", "variables": [],
              "code": "import time\ndef evaluate(): time.sleep(1000)"}  # fmt: skip
    evaluator = build_evaluator(stored, column_mappings=None, sandbox=sandbox)
    task = asyncio.create_task(evaluator.evaluate([{}]))
    await asyncio.wait({task}, timeout=0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
