"""Calls in tasks; functions that block run in threads."""

import asyncio
import contextvars
import inspect
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from evalwright._analyses.targets import TargetFunction, answered, raised
from evalwright_api import models


async def answer_all(
    function: TargetFunction,
    attacks: Sequence[models.Attack],
    concurrency: int,
    on_answer: Callable[[], object],
) -> list[models.AttackResponseInput]:
    """Give what a function answers to each attack; what it raises is an error of that attack.

    Args:
        function: What is attacked, async or not.
        attacks: What it is attacked with.
        concurrency: How many calls run at a time.
        on_answer: Called after each.
    """
    gate = asyncio.Semaphore(concurrency)
    with ThreadPoolExecutor(concurrency, "evalwright-target") as threads:

        async def answer(attack: models.Attack) -> models.AttackResponseInput:
            async with gate:
                found = await _answer(function, attack, threads)
            on_answer()
            return found

        async with asyncio.TaskGroup() as tasks:
            answers = [tasks.create_task(answer(attack)) for attack in attacks]
    return [each.result() for each in answers]


async def _answer(
    function: TargetFunction, attack: models.Attack, threads: ThreadPoolExecutor
) -> models.AttackResponseInput:
    try:
        value: object
        if inspect.iscoroutinefunction(function):
            value = function(attack.prompt)
        else:
            here = contextvars.copy_context()

            def call() -> object:
                return here.run(function, attack.prompt)

            value = await asyncio.get_running_loop().run_in_executor(threads, call)
        if inspect.isawaitable(value):
            value = await cast("Awaitable[object]", value)
    except Exception as error:
        return raised(attack, error)
    return answered(attack, value)
