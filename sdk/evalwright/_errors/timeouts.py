"""What all ends of patience have in common."""

import builtins

from evalwright._errors.base import EvalwrightError


class TimeoutError(EvalwrightError, builtins.TimeoutError):  # noqa: A001 - callers look for it here
    """Time is up, for an answer or for the end of something that goes on."""

    timeout: float
    """The seconds that were allowed."""
