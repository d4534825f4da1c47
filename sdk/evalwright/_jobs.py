"""What is known of jobs without asking a server: their states, and making requests."""

from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Final, TypeVar

from pydantic import MISSING

from evalwright._errors.invalid import FieldError, InvalidRequest
from evalwright._fields import build, shown
from evalwright._given import given
from evalwright_api import models

FINAL: Final = frozenset({"succeeded", "failed", "timeout", "oom", "cancelled"})
"""Statuses that a job never leaves."""

PATIENCE: Final = {"timeout": 300.0, "startup_timeout": 120.0}
"""Seconds that an execution may take where the caller leaves it open: what servers allow at most,
and what they allow for starting."""

GRACE: Final = 30.0
"""Seconds that an answer may take beyond what it has to wait for."""

_T = TypeVar("_T")

CodeChoice = str | PathLike[str]
"""A program: its text, or the path of a file that has it."""

LimitsChoice = Mapping[str, object] | models.JobLimitsInput
"""Limits of a job: a mapping such as `{"memory_mb": 64}`, or a model of the document."""

WebhookChoice = str | Mapping[str, object] | models.WebhookInput
"""Whom to tell: an address, or a mapping or model with `url`, `headers` and `secret`."""


def is_final(status: str) -> bool:
    """Say whether a job with this status has ended; words of a newer server count as not ended."""
    return status in FINAL


def job_has_ended(job: models.Job) -> bool:
    """Say whether a job has ended; also in a state that a newer server made up."""
    if job.status.is_known:
        return job.status in FINAL
    return present(job.ended_at) is not None


def present(member: _T | MISSING) -> _T | None:
    """Give a member of an answer; None when the server left it out."""
    return None if member is MISSING else member


def read_code(code: object) -> str:
    """Read a program.

    Raises:
        InvalidRequest: It is none, or its file can't be read.
    """
    if callable(code):
        raise _bad_code(code, "is a function", "text or a path; functions go to jobs.call()")
    if isinstance(code, PathLike):
        return _read_file(Path(fspath(code)))
    if not isinstance(code, str):
        raise _bad_code(code, "is no program", "text or a path")
    if code.endswith(".py") and "\n" not in code:
        raise _bad_code(code, "is the name of a file", "the program itself, or Path(...)")
    try:
        code.encode()
    except UnicodeEncodeError as error:
        why = f"has half a surrogate pair at character {error.start}, which is no text"
        raise InvalidRequest([FieldError("code", why)]) from None
    return code


def submission(
    *,
    code: object,
    input_data: object = None,
    webhook: object = None,
    **members: object,
) -> models.SubmitJobRequest:
    """Put a submission together.

    Raises:
        InvalidRequest: Naming every argument that can't work.
    """
    hook = {"url": webhook} if isinstance(webhook, str) else webhook
    return build(
        models.SubmitJobRequest,
        given(code=read_code(code), input_data=input_data, webhook=hook, **members),
    )


def patience(timeout: float | None, startup_timeout: float | None) -> float:
    """Give the seconds that the answer of an execution may take."""
    running = PATIENCE["timeout"] if timeout is None else timeout
    starting = PATIENCE["startup_timeout"] if startup_timeout is None else startup_timeout
    return running + starting + GRACE


def _read_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _bad_code(str(path), f"can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise _bad_code(str(path), "can't be read: it is not UTF-8 text") from None


def _bad_code(code: object, message: str, expected: str | None = None) -> InvalidRequest:
    return InvalidRequest([FieldError("code", message, shown(code), expected)])
