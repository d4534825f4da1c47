"""Submitting jobs: the run and what belongs to it, in one transaction."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import IdempotencyConflict, QueueFull
from evalwright_server.runs.job_payload import MAX_ATTEMPTS, QUEUE, JobPayload
from evalwright_server.runs.kinds import RunKind
from evalwright_server.runs.openings import Opening
from evalwright_server.runs.records import IdempotencyKey, NewRun, SubmittedRun
from evalwright_server.runs.statements import GET_BY_KEY
from evalwright_server.runs.states import State
from evalwright_server.services.errors import KeyReused, Unavailable
from evalwright_server.services.job_plans import JobPlan
from evalwright_server.services.job_rules import JobRules
from evalwright_server.services.organizations import Identity
from evalwright_server.services.spaces import default_space
from evalwright_server.services.stamps import Stamp
from evalwright_server.services.webhooks import record_webhook
from evalwright_server.store.secrets import SecretBox
from evalwright_server.store.tables.jobs import jobs

PENDING: Final = "pending"
"""The status in the first answer about a job, and nowhere else."""
KEY_SCOPE: Final = "jobs"
"""Where idempotency keys of jobs count."""

_HELD_PRIORITY: Final = 10
_HELD_PREFIX: Final = "api-"
_SECONDS_UNTIL_ROOM: Final = 1
_SPARE_SECONDS: Final = 60
"""How much longer than its own limits a job may take whose caller waits, before it is given up."""
_LONGEST_KEPT: Final = 255
_INSERT: Final = insert(jobs)


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to submit.

    Attributes:
        plan: What to run.
        is_held: Whether its caller waits for its end.
        key: Its idempotency key and digest.
        correlation_id: What its caller knows the request by.
    """

    plan: JobPlan
    is_held: bool = False
    key: tuple[str, bytes] | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class SubmittedJob:
    """A job that was submitted, now or before.

    Attributes:
        run_id: Key of its run.
        uid: Its public ID.
        status: As the answer to its submission shows it.
    """

    run_id: int
    uid: str
    status: str


@dataclass(frozen=True, slots=True)
class JobSubmitter:
    """Submits jobs.

    Attributes:
        engine: Keeps their runs.
        rules: What they may do.
        secrets: Seals what belongs to their webhooks.
        identity: Whose they are.
        clock: Tells the time.
    """

    engine: Engine
    rules: JobRules
    secrets: SecretBox
    identity: Identity
    clock: Callable[[], datetime]

    def submit(self, conn: Connection, job: NewJob, opening: Opening | None = None) -> SubmittedJob:
        """Insert a job, or find the one that was submitted with the same idempotency key.

        Raises:
            KeyReused: The key was used for something else.
            Unavailable: As many jobs wait as may; nothing is left of this one.
        """
        space = default_space(
            conn, stamp=Stamp(self.clock(), self.identity.user_id), identity=self.identity
        )
        new = self._run(job, space)
        try:
            run = self.engine.submit(conn, new, opening)
        except IdempotencyConflict as error:
            raise KeyReused(_find_by_key(conn, error.key)) from error
        except QueueFull as error:
            raise Unavailable(
                "Job queue is full, try again later",
                f"{error.limit} jobs wait, as many as may (EVALWRIGHT_JOB_QUEUE)",
                _SECONDS_UNTIL_ROOM,
            ) from error
        uid = run.uid or ""
        if not run.created:
            return SubmittedJob(run.id, uid, self._present_state(conn, run))
        self._complete(conn, run, job)
        return SubmittedJob(run.id, uid, PENDING)

    def _run(self, job: NewJob, space: int) -> NewRun:
        payload = replace(job.plan.payload, tenant=str(space))
        uid = str(uuid.uuid4())
        key = job.key and IdempotencyKey(KEY_SCOPE, *job.key)
        return NewRun(
            RunKind.JOB,
            space,
            payload.to_json(),
            queue=QUEUE,
            priority=_HELD_PRIORITY if job.is_held else 0,
            max_attempts=MAX_ATTEMPTS,
            deadline_seconds=_patience(payload) if job.is_held else None,
            idempotency=key or None,
            uid=f"{_HELD_PREFIX}{uid}" if job.is_held else uid,
            queue_limit=None if job.is_held else self.rules.queue_limit,
        )

    def _complete(self, conn: Connection, run: SubmittedRun, job: NewJob) -> None:
        """Insert what belongs to a job besides its run."""
        plan = job.plan
        lineage, payload, contents = plan.lineage, plan.payload, plan.contents
        conn.execute(
            _INSERT,
            {
                "run_id": run.id,
                "parent_uid": lineage and lineage.parent,
                "relationship": lineage and lineage.relationship,
                "job_type": payload.job_type,
                "job_ref": payload.job_version,
                "job_version": payload.job_version,
                "is_held": job.is_held,
                "correlation_id": job.correlation_id and job.correlation_id[:_LONGEST_KEPT],
                "code_hash": contents.code_hash,
                "code_bytes": contents.code_bytes,
                "input_hash": contents.input_hash,
                "input_bytes": contents.input_bytes,
            },
        )
        if plan.webhook is not None:
            record_webhook(conn, run.id, plan.webhook, secrets=self.secrets)

    def _present_state(self, conn: Connection, run: SubmittedRun) -> str:
        found = self.engine.get(conn, run.id)
        return State.QUEUED if found is None else found.state


def _patience(payload: JobPayload) -> int:
    return payload.startup_timeout + payload.timeout + _SPARE_SECONDS


def _find_by_key(conn: Connection, key: str) -> str:
    found: str = conn.execute(GET_BY_KEY, {"scope": KEY_SCOPE, "key": key}).one().uid
    return found
