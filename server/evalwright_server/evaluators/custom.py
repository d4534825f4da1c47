"""Evaluators that users wrote, run in the sandbox."""

import marshal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final

from evalwright_server.evaluators.config import CustomConfig
from evalwright_server.evaluators.messages import (
    Broken,
    Judged,
    Loaded,
    MalformedMessage,
    read_message,
)
from evalwright_server.evaluators.results import TOO_DEEP, EvaluationError, Outcome, storable
from evalwright_server.evaluators.rows import Row, bind
from evalwright_server.evaluators.source import ROW
from evalwright_server.sandbox import Sandbox, SandboxJob, SandboxLimits, SandboxResult
from evalwright_server.sandbox import SandboxStatus as Status

HARNESS: Final = (Path(__file__).parent / "harness.py").read_text(encoding="utf-8")
INTERFERED: Final = "The evaluator wrote to the channel that its results travel on."


@dataclass(frozen=True, slots=True)
class EvaluationLimits:
    """How much a custom evaluator may take.

    Attributes:
        row_seconds: For one row, and for loading the evaluator.
        batch_seconds: For all rows of one call together.
        memory_bytes: At any one time.
    """

    row_seconds: float = 10.0
    batch_seconds: float = 300.0
    memory_bytes: int = 256 * 1024 * 1024


class Attempt:
    """What one sandbox reported about the rows it was given.

    Attributes:
        loaded: Whether the evaluator got as far as the first row.
        broken: Why it can't judge any row.
        outcomes: Of the first rows, in order.
    """

    def __init__(self, rows: int) -> None:
        self.loaded = False
        self.broken: str | None = None
        self.outcomes: list[Outcome] = []
        self._rows = rows

    def receive(self, line: bytes) -> None:
        """Take the next message.

        Raises:
            MalformedMessage: It is none, or comes out of turn.
        """
        message = read_message(line)
        match message:
            case Loaded() if not self.loaded and self.broken is None:
                self.loaded = True
            case Broken(reason) if not self.loaded and self.broken is None:
                self.broken = reason
            case Judged(index, outcome) if self.loaded and index == len(self.outcomes) < self._rows:
                self.outcomes.append(outcome)
            case _:
                raise MalformedMessage("out of turn")


class CustomEvaluator:
    """Sends rows to user code in a sandbox, and goes on after a row that the sandbox dies of.

    Attributes:
        name: Name of the evaluation column.
    """

    def __init__(
        self,
        config: CustomConfig,
        column_mappings: Mapping[str, str] | None,
        sandbox: Sandbox,
        limits: EvaluationLimits,
    ) -> None:
        """Keep what is needed.

        Args:
            config: The code; checked before.
            column_mappings: The column of a variable, where it is not of the same name.
            sandbox: Where it runs.
            limits: How much it may take.
        """
        self.name = config.name
        self._config = config
        self._column_mappings = column_mappings
        self._sandbox = sandbox
        self._limits = limits
        # Rows may be large; most evaluators read a few columns of them only.
        self._wants_row = ROW in f"{config.imports}{config.code}"

    async def evaluate(self, rows: Sequence[Row]) -> list[Outcome]:
        """Judge rows.

        Returns:
            One outcome a row, in the same order.

        Raises:
            SandboxUnavailable: This host can't isolate the code.
        """
        packed = [self._pack(row) for row in rows]
        results: dict[int, Outcome] = {
            index: item for index, item in enumerate(packed) if isinstance(item, EvaluationError)
        }
        pending = {index: item for index, item in enumerate(packed) if isinstance(item, bytes)}
        deadline = monotonic() + self._limits.batch_seconds
        while pending:
            results |= await self._attempt(pending, deadline)
            pending = {index: row for index, row in pending.items() if index not in results}
        return [results[index] for index in range(len(rows))]

    def _pack(self, row: Row) -> bytes | EvaluationError:
        """Bind a row's variables and write them down for the harness."""
        values = bind(self._config.variables, self._column_mappings, row)
        if isinstance(values, EvaluationError):
            return values
        try:
            return marshal.dumps((values, dict(row) if self._wants_row else None))
        except ValueError:
            return EvaluationError(TOO_DEEP)

    async def _attempt(self, pending: Mapping[int, bytes], deadline: float) -> dict[int, Outcome]:
        """Give the rows to a fresh sandbox; settles at least the first of them."""
        indexes = list(pending)
        seconds = deadline - monotonic()
        if seconds <= 0:
            return dict.fromkeys(indexes, self._too_late())
        attempt = Attempt(len(indexes))
        try:
            ended = await self._sandbox.run(self._job(pending, seconds), attempt.receive)
        except MalformedMessage:
            failure = EvaluationError(INTERFERED)
        else:
            failure = self._failure(ended)
        if attempt.broken is not None:
            problem = EvaluationError(f"The evaluator can't be used: {attempt.broken}")
            return dict.fromkeys(indexes, problem)
        if not attempt.loaded:
            return dict.fromkeys(indexes, failure)
        settled = dict(zip(indexes, attempt.outcomes, strict=False))
        if len(settled) < len(indexes):
            settled[indexes[len(settled)]] = failure
        return settled

    def _job(self, pending: Mapping[int, bytes], seconds: float) -> SandboxJob:
        config = {
            "imports": self._config.imports or "",
            "code": self._config.code,
            "params": {param.name: param.default_value for param in self._config.params},
        }
        return SandboxJob(
            script=HARNESS,
            files={
                "evaluator": marshal.dumps(config),
                "rows": marshal.dumps(list(pending.values())),
            },
            limits=SandboxLimits(
                wall_seconds=seconds,
                stall_seconds=self._limits.row_seconds,
                memory_bytes=self._limits.memory_bytes,
                allocation_bytes=self._limits.memory_bytes,
            ),
        )

    def _too_late(self) -> EvaluationError:
        return EvaluationError(
            f"Not judged: the rows of this batch took longer than {self._limits.batch_seconds:g} s"
            " together."
        )

    def _failure(self, ended: SandboxResult) -> EvaluationError:
        """Say what happened to the row that was in progress."""
        if ended.status is Status.TIMEOUT:
            return self._too_late()
        if ended.status is Status.STALLED:
            return EvaluationError(
                f"The evaluator took longer than {self._limits.row_seconds:g} s."
            )
        if ended.status is Status.OOM:
            return EvaluationError(f"The evaluator {ended.reason}.")
        if ended.status is Status.KILLED:
            return EvaluationError(f"The evaluator was ended: it {ended.reason}.")
        last = ended.stderr.strip().rpartition("\n")[2]
        said = f", saying: {last}" if last else ""
        return EvaluationError(
            storable(f"The evaluator ended its process with exit code {ended.exit_code}{said}.")
        )
