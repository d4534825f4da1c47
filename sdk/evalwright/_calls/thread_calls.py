"""Calls in threads."""

import contextvars
import inspect
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from evalwright._analyses.targets import TargetFunction, answered, raised
from evalwright_api import models


def answer_all(
    function: TargetFunction,
    attacks: Sequence[models.Attack],
    concurrency: int,
    on_answer: Callable[[], object],
) -> list[models.AttackResponseInput]:
    """Give what a function answers to each attack; what it raises is an error of that attack.

    Args:
        function: What is attacked.
        attacks: What it is attacked with.
        concurrency: How many calls run at a time.
        on_answer: Called after each, in this thread.
    """
    threads = ThreadPoolExecutor(concurrency, "evalwright-target")
    try:
        answers = [
            threads.submit(contextvars.copy_context().run, _answer, function, attack)
            for attack in attacks
        ]
        for _ in as_completed(answers):
            on_answer()
        return [each.result() for each in answers]
    finally:
        # After Ctrl-C nobody wants to wait for those that are still to come.
        threads.shutdown(wait=False, cancel_futures=True)


def _answer(function: TargetFunction, attack: models.Attack) -> models.AttackResponseInput:
    try:
        value: object = function(attack.prompt)
        if inspect.iscoroutine(value):
            value.close()
            raise TypeError("the target function is async; take AsyncEvalwright for it")  # noqa: TRY301 - told like what functions raise
    except Exception as error:
        return raised(attack, error)
    return answered(attack, value)
