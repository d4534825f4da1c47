"""A hostile job, how it went, and how that is judged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from evalwright_server.attack.setting import Setting

AMPLE_SECONDS: Final = 20
"""The time limit of cases that are not about time; none needs a second of it."""


class Word(StrEnum):
    """What is said about a case."""

    CONTAINED = "contained"
    """What must hold, holds."""
    ESCAPED = "ESCAPED"
    """It got what it must not get."""
    BROKEN = "BROKEN"
    """The server lost its way, or the case ended in a way that proves nothing."""
    SKIPPED = "skipped"
    """The case makes no sense on this machine."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said about a case, and why."""

    word: Word
    evidence: str

    @property
    def is_good(self) -> bool:
        """Whether there is nothing to worry about."""
        return self.word in {Word.CONTAINED, Word.SKIPPED}


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that was collected.

    Attributes:
        content: Its first part; enough to see whose it is.
    """

    size: int
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The record of a job, whether from the sandbox itself or from a server.

    Attributes:
        status: The final status, as the job API words it.
        exit_code: As the record shows it.
        stdout: What was kept of it.
        stderr: What was kept of it.
        seconds: How long the program ran, as the supervisor measured it.
        output: What is kept of `result.json`.
        error_type: The kind of error, if anything went wrong.
        stdout_truncated: Whether there was more.
        stderr_truncated: Whether there was more.
        cpu_seconds: Processor time of all its processes; None if it was not measured.
        peak_memory_bytes: The most memory at any time; None if it was not measured.
        artifacts: By name.
        troubles: What went wrong in getting this record, such as an answer with status 500.
    """

    status: str
    exit_code: int | None = 0
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    output: object = None
    error_type: str | None = None
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sightings:
    """What the canaries noticed during a case.

    Attributes:
        touched: Canaries that were reached, each with what happened to it.
        processes: IDs of processes of the case that still run although its job has ended.
    """

    touched: tuple[str, ...] = ()
    processes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """All there is to judge a case by.

    Attributes:
        setting: What its programs knew.
        outcome: The record of the job that counts: the last.
        first: The record of the one before it, in cases of two jobs.
        sightings: What the canaries noticed.
    """

    setting: Setting
    outcome: Outcome
    first: Outcome | None = None
    sightings: Sightings = field(default_factory=Sightings)


Judge = Callable[[Trial], Verdict]


@dataclass(frozen=True, slots=True)
class Case:
    """A hostile job.

    Attributes:
        name: Of its own, in lower case with hyphens.
        claim: What must hold, as a sentence without subject: "reads no file of the host".
        program: Python source; `prelude.py` goes in front.
        judge: Whether it holds.
        timeout: Seconds it may run. What is meant to run into it gets 1.
        before: A program that runs first, as a job of its own.
        beside: A program that runs meanwhile, as a job of its own.
        group: Set by the corpus.
    """

    name: str
    claim: str
    program: str
    judge: Judge
    timeout: int = AMPLE_SECONDS
    before: str | None = None
    beside: str | None = None
    group: str = ""
