"""The server's side of jobs: what they write while they run, and what is left when they end."""

import base64
from collections.abc import Sequence
from typing import Any, Final, cast

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, delete, insert, update

from evalwright_server.runs.job_report import JobReport, OutputPiece
from evalwright_server.runs.records import Beginning, Finish, Progress, RunRow
from evalwright_server.runs.signals import WEBHOOKS
from evalwright_server.runs.sources.job_artifacts import keep_artifacts
from evalwright_server.runs.sources.job_ends import note_dead_letter, report_without_worker
from evalwright_server.runs.sources.source import Claimed, Item, Page
from evalwright_server.store.blobs import put_chunk
from evalwright_server.store.clock import now
from evalwright_server.store.dialects import insert_into
from evalwright_server.store.tables.jobs import (
    job_output,
    job_results,
    jobs,
    webhook_deliveries,
)

OUTPUT: Final = "output"
"""Items with some of what a job writes: `type`, `seq`, `stream`, `text`."""
CHUNK: Final = "chunk"
"""Items with a chunk of a file: `type`, `sha256`, `size`, `position`, `data` in base64."""

_FORGET_OUTPUT: Final = delete(job_output).where(
    job_output.c.run_id == bindparam("of_run"), job_output.c.attempt < bindparam("before")
)
_KEEP_RESULT: Final = insert(job_results)
_CONCLUDE: Final = (
    update(jobs)
    .where(jobs.c.run_id == bindparam("of_run"))
    .values(
        ended_as=bindparam("state"),
        environment_hash=bindparam("environment"),
        output_hash=bindparam("output"),
    )
)
_RELEASE_WEBHOOKS: Final = (
    update(webhook_deliveries)
    .where(
        webhook_deliveries.c.run_id == bindparam("of_run"),
        webhook_deliveries.c.state == "waiting",
    )
    .values(state="pending", next_attempt_at=now())
)


class JobSource:
    """Keeps what jobs write and leave; see `Source` and `Conclusion`."""

    def begin(self, connection: Connection, claimed: Claimed) -> Beginning:  # noqa: ARG002
        """Return nothing: a job has no parts that could be counted; see `Source`."""
        return Beginning(Progress())

    def page(
        self,
        connection: Connection,  # noqa: ARG002
        claimed: Claimed,  # noqa: ARG002
        cursor: JsonValue,  # noqa: ARG002
        limit: int,  # noqa: ARG002
    ) -> Page:
        """Return nothing: all there is to do is in the payload; see `Source`."""
        return Page([], None)

    def store(self, connection: Connection, claimed: Claimed, items: Sequence[Item]) -> None:
        """Keep output and chunks of files; see `Source`."""
        pieces = [_piece(item) for item in items if item["type"] == OUTPUT]
        keep_output(connection, claimed.run, pieces)
        for item in items:
            if item["type"] == CHUNK:
                _keep_chunk(connection, item)

    def conclude(self, connection: Connection, run: RunRow, finish: Finish | None) -> Sequence[str]:
        """Keep the record of a job; see `Conclusion`."""
        if finish is None or finish.result is None:
            report = report_without_worker(connection, run, finish)
        else:
            report = JobReport.read(cast("dict[str, Any]", finish.result))
        keep_output(connection, run, report.last_output)
        record = keep_artifacts(connection, run.id, report)
        connection.execute(
            _KEEP_RESULT,
            {
                "run_id": run.id,
                "record": record,
                "stdout": report.stdout,
                "stderr": report.stderr,
                "output": report.output,
            },
        )
        connection.execute(
            _CONCLUDE,
            {
                "of_run": run.id,
                "state": run.state,
                "environment": report.environment_hash,
                "output": report.output_hash,
            },
        )
        if finish is None:
            note_dead_letter(connection, run)
        released = connection.execute(_RELEASE_WEBHOOKS, {"of_run": run.id})
        return [WEBHOOKS] if released.rowcount else []


def keep_output(connection: Connection, run: RunRow, pieces: Sequence[OutputPiece]) -> None:
    """Keep some of what a run's attempt wrote, and drop what earlier attempts did."""
    if run.attempt > 1:
        connection.execute(_FORGET_OUTPUT, {"of_run": run.id, "before": run.attempt})
    if not pieces:
        return
    # A batch that is sent again after an error may be there already.
    statement = insert_into(connection, job_output).values(at=now()).on_conflict_do_nothing()
    rows = [
        {
            "run_id": run.id,
            "attempt": run.attempt,
            "seq": piece.seq,
            "stream": piece.stream,
            "text": piece.text,
        }
        for piece in pieces
    ]
    connection.execute(statement, rows)


def _piece(item: Item) -> OutputPiece:
    values = cast("dict[str, Any]", item)
    return OutputPiece(values["seq"], values["stream"], values["text"])


def _keep_chunk(connection: Connection, item: Item) -> None:
    values = cast("dict[str, Any]", item)
    data = base64.b64decode(values["data"])
    put_chunk(connection, values["sha256"], values["size"], values["position"], data)
