"""Starting runs of tasks."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, cast

import orjson
from sqlalchemy import Connection, Row, insert, select, update

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import IdempotencyConflict
from evalwright_server.runs.kinds import RunKind
from evalwright_server.runs.records import IdempotencyKey, NewRun
from evalwright_server.services.errors import Conflict, FieldError
from evalwright_server.services.experiment_rules import check_experiment
from evalwright_server.services.experiments import insert_experiment
from evalwright_server.services.references import require
from evalwright_server.services.requests import (
    TriggerEvaluationTaskRunRequest,
    TriggerRunExperimentTaskRunRequest,
    TriggerTaskRunRequest,
)
from evalwright_server.services.stamps import Stamp
from evalwright_server.services.task_rules import RUN_EXPERIMENT
from evalwright_server.services.task_runs import TaskRun, read_task_run
from evalwright_server.services.trigger_rules import EvaluationPlan, check_evaluation
from evalwright_server.store.ids import Kind
from evalwright_server.store.tables.runs import runs
from evalwright_server.store.tables.tasks import task_runs, tasks

RUN_KIND: Final = "task_run"
"""What the engine calls runs of tasks."""


def trigger(
    conn: Connection,
    task_id: str,
    body: TriggerTaskRunRequest,
    *,
    stamp: Stamp,
    engine: Engine,
    key: str | None,
) -> TaskRun:
    """Start a run of a task, or find the one that was started with the same idempotency key.

    Raises:
        Conflict: The key was used with another body, or the experiment's name is taken.
        ServiceError: The body breaks a rule; all findings are listed.
    """
    task = require(conn, Kind.TASK, task_id, "path:task_id")
    idempotency = None if key is None else _idempotency(task, key, body)
    if idempotency is not None and (earlier := _find_earlier(conn, idempotency)) is not None:
        return read_task_run(conn, earlier, task_id)
    try:
        if task.type == RUN_EXPERIMENT:
            filling = cast("TriggerRunExperimentTaskRunRequest", body)
            run = _start_experiment(conn, task, filling, stamp, engine, idempotency)
        else:
            wanted = cast("TriggerEvaluationTaskRunRequest", body)
            plan = check_evaluation(conn, task, wanted, stamp.now)
            run = start(conn, task, plan, stamp=stamp, engine=engine, idempotency=idempotency)
    except IdempotencyConflict as error:
        raise _key_conflict() from error
    return read_task_run(conn, run, task_id)


def start(
    conn: Connection,
    task: Row[Any],
    plan: EvaluationPlan,
    *,
    stamp: Stamp,
    engine: Engine,
    idempotency: IdempotencyKey | None = None,
) -> int:
    """Start a run that has been checked, and return its key.

    Raises:
        IdempotencyConflict: The key was used with another body.
    """
    run = NewRun(RUN_KIND, task.space_id, plan.payload, idempotency=idempotency)
    submitted = engine.submit(conn, run)
    if submitted.created:
        window = {"data_start_time": plan.data_start_time, "data_end_time": plan.data_end_time}
        _note_run(conn, task, submitted.id, window, stamp)
    return submitted.id


def _start_experiment(
    conn: Connection,
    task: Row[Any],
    body: TriggerRunExperimentTaskRunRequest,
    stamp: Stamp,
    engine: Engine,
    idempotency: IdempotencyKey | None,
) -> int:
    """Create the experiment and start the run that fills it, in one transaction.

    So its name is taken as soon as anybody knows of the run, and no interruption can create two.
    """
    plan = check_experiment(conn, task, body)
    experiment = insert_experiment(conn, plan.version, plan.name, stamp)
    payload = plan.payload(task, experiment, body)
    run = NewRun(RunKind.RUN_EXPERIMENT, task.space_id, payload, idempotency=idempotency)
    submitted = engine.submit(conn, run)
    if submitted.created:
        _note_run(conn, task, submitted.id, {"experiment_id": experiment}, stamp)
    return submitted.id


def _idempotency(task: Row[Any], key: str, body: TriggerTaskRunRequest) -> IdempotencyKey:
    content = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    return IdempotencyKey(f"{RUN_KIND}:{task.id}", key, sha256(content).digest())


def _find_earlier(conn: Connection, idempotency: IdempotencyKey) -> int | None:
    """Return the run that this key started, before any rule is asked that may no longer hold."""
    statement = select(runs.c.id, runs.c.idem_hash).where(
        runs.c.idem_scope == idempotency.scope, runs.c.idem_key == idempotency.key
    )
    row = conn.execute(statement).one_or_none()
    if row is None:
        return None
    if row.idem_hash != idempotency.body_hash:
        raise _key_conflict()
    earlier: int = row.id
    return earlier


def _key_conflict() -> Conflict:
    message = "this key was used with another body; send a new key with a new request"
    return Conflict(message, [FieldError("header:Idempotency-Key", message)])


def _note_run(
    conn: Connection, task: Row[Any], run: int, details: Mapping[str, object], stamp: Stamp
) -> None:
    """Write down what belongs to the task: its side of the run, and when it was last run."""
    statement = insert(task_runs).values(
        run_id=run,
        task_id=task.id,
        created_by_user_id=stamp.user_id,
        **details,
    )
    conn.execute(statement)
    conn.execute(update(tasks).where(tasks.c.id == task.id).values(last_run_at=stamp.now))
