"""Functions that red teams attack."""

from collections.abc import Awaitable, Callable

from evalwright._analyses.status import AsyncJobStatus
from evalwright._fields import shown
from evalwright_api import models

TargetFunction = Callable[[str], str] | Callable[[str], Awaitable[str]]
"""A system under attack: given a prompt, it gives what the system answers."""

_MOST = 10_000


def answered(attack: models.Attack, value: object) -> models.AttackResponseInput:
    """Give what a function said to an attack; anything but a text is an error, not an answer."""
    if isinstance(value, str):
        return models.AttackResponseInput(attack_id=attack.attack_id, response=value)
    return _error(attack, f"the target function gave {shown(value)}, which is no text")


def raised(attack: models.Attack, error: Exception) -> models.AttackResponseInput:
    """Give what a function raised at an attack; it does not count as an answer."""
    return _error(attack, f"{type(error).__name__}: {error}")


def _error(attack: models.Attack, text: str) -> models.AttackResponseInput:
    return models.AttackResponseInput(attack_id=attack.attack_id, error=text[:_MOST])


def progress_of(run_id: str, done: int, total: int) -> AsyncJobStatus:
    """Say how far the attacks on a function are."""
    return AsyncJobStatus(
        job_id=run_id,
        job_type="redteam",
        status="completed" if done >= total else "running",
        progress_percent=100.0 * done / total if total else 100.0,
        current_item=done,
        total_items=total,
        started_at=None,
        finished_at=None,
        error=None,
    )
