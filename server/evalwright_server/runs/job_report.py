"""What is kept of a job that has ended, as its worker sends it and as the server stores it.

`record` is what answers show besides streams and output; all of it is small.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from pydantic import JsonValue

MESSAGE_CHARACTERS: Final = 4096
"""The longest message of an error."""


@dataclass(frozen=True, slots=True)
class JobError:
    """What went wrong.

    Attributes:
        type: The kind of error, in one word.
        message: What happened, in at most `MESSAGE_CHARACTERS`.
        phase: `startup` or `execution`, or None if it never came to that.
    """

    type: str
    message: str
    phase: str | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """Return it as it stands in records."""
        return {"type": self.type, "message": shorten(self.message), "phase": self.phase}


@dataclass(frozen=True, slots=True)
class Timing:
    """Where the time went, in milliseconds; None where it never came to that.

    Attributes:
        phase_at_exit: `startup`, `execution`, `completed` or `failed`.
    """

    startup_ms: int | None
    dep_install_ms: int | None
    execution_ms: int | None
    total_ms: int | None
    phase_at_exit: str


@dataclass(frozen=True, slots=True)
class ArtifactFile:
    """A file that a job left.

    Attributes:
        data: Its content in base64, unless that was sent in before.
    """

    name: str
    size: int
    sha256: str
    content_type: str | None
    data: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class JobRecord:
    """What answers about a job show of its end.

    Attributes:
        exit_code: 128 + N after signal N; -1 if the code never ran, None if nobody knows.
        error: What went wrong, if anything did.
        timing: Where the time went.
        runtime: What isolated it.
        isolation: `driver`, `level` and `layers` that were on for it.
        resource_usage: What was measured; empty if nothing was.
        stdout_truncated: Whether more was written than is kept.
        stderr_truncated: Whether more was written than is kept.
        note: What is worth knowing besides.
        artifacts_left_out: `name` and `reason` of files that were not kept.
        was_warm: Whether its sandbox had been made before it came.
    """

    exit_code: int | None = None
    error: JobError | None = None
    timing: Timing | None = None
    runtime: str | None = None
    isolation: Mapping[str, JsonValue] | None = None
    resource_usage: Mapping[str, JsonValue] = field(default_factory=dict)
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    note: str | None = None
    artifacts_left_out: Sequence[Mapping[str, JsonValue]] = ()
    was_warm: bool | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """Return it as it is stored."""
        return {
            **asdict(self),
            "error": self.error and self.error.to_json(),
            "artifacts_left_out": [dict(each) for each in self.artifacts_left_out],
        }


@dataclass(frozen=True, slots=True)
class OutputPiece:
    """Some of what a job wrote, as it came.

    Attributes:
        seq: Its place in the attempt, from 1.
        stream: `stdout` or `stderr`.
        text: What was written.
    """

    seq: int
    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class JobReport:
    """How an attempt at a job ended, complete.

    Attributes:
        record: What answers show besides what follows.
        stdout: What is kept of it.
        stderr: What is kept of it.
        output: `result.json` as the text of a JSON object, if it is one.
        environment_hash: Of Python's version and the installed packages.
        output_hash: Of output, stdout and artifacts.
        artifacts: The files it left.
        last_output: What was written after the last piece that was stored while it ran.
    """

    record: Mapping[str, JsonValue]
    stdout: str = ""
    stderr: str = ""
    output: str | None = None
    environment_hash: str | None = None
    output_hash: str | None = None
    artifacts: Sequence[ArtifactFile] = ()
    last_output: Sequence[OutputPiece] = ()

    def to_json(self) -> dict[str, JsonValue]:
        """Return it as the result of a `Finish`."""
        return {
            **{name: getattr(self, name) for name in self.__slots__},
            "artifacts": [asdict(each) for each in self.artifacts],
            "last_output": [asdict(each) for each in self.last_output],
        }

    @classmethod
    def read(cls, result: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        artifacts = [ArtifactFile(**each) for each in result["artifacts"]]
        pieces = [OutputPiece(**each) for each in result["last_output"]]
        return cls(**{**result, "artifacts": artifacts, "last_output": pieces})


def shorten(message: str) -> str:
    """Return a message that is no longer than an error's may be."""
    if len(message) <= MESSAGE_CHARACTERS:
        return message
    return f"{message[: MESSAGE_CHARACTERS - 1]}…"
