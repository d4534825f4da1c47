"""Starting runs of tasks."""

from hashlib import sha256
from typing import Any, Final, cast

import orjson
from sqlalchemy import Connection, Row, insert, select, update

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import IdempotencyConflict
from evalwright_server.runs.records import IdempotencyKey, NewRun
from evalwright_server.services.errors import Conflict, FieldError, UnprocessableRequest
from evalwright_server.services.references import require
from evalwright_server.services.requests import (
    TriggerEvaluationTaskRunRequest,
    TriggerRunExperimentTaskRunRequest,
    TriggerTaskRunRequest,
)
from evalwright_server.services.stamps import Stamp
from evalwright_server.services.task_rules import RUN_EXPERIMENT
from evalwright_server.services.task_runs import TaskRun, read_task_run
from evalwright_server.services.trigger_rules import (
    EvaluationPlan,
    check_evaluation,
    check_experiment,
)
from evalwright_server.store.ids import Kind
from evalwright_server.store.tables.runs import runs
from evalwright_server.store.tables.tasks import task_runs, tasks

RUN_KIND: Final = "task_run"
"""What the engine calls runs of tasks."""

_NEEDS_MODELS: Final = frozenset({RUN_EXPERIMENT, "template_evaluation"})


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
        UnprocessableRequest: The run would need a language model.
    """
    task = require(conn, Kind.TASK, task_id, "path:task_id")
    idempotency = None if key is None else _idempotency(task, key, body)
    if idempotency is not None and (earlier := _find_earlier(conn, idempotency)) is not None:
        return read_task_run(conn, earlier, task_id)
    if task.type == RUN_EXPERIMENT:
        check_experiment(conn, task, cast("TriggerRunExperimentTaskRunRequest", body))
    _refuse_without_models(task)
    wanted = cast("TriggerEvaluationTaskRunRequest", body)
    plan = check_evaluation(conn, task, wanted, stamp.now)
    try:
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
        _note_run(conn, task, submitted.id, plan, stamp)
    return submitted.id


def _refuse_without_models(task: Row[Any]) -> None:
    if task.type in _NEEDS_MODELS:
        raise UnprocessableRequest(
            f"runs of {task.type} tasks need a language model, and this release of the server "
            "can't call one yet; nothing was started. Only code_evaluation tasks can be run"
        )


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
    conn: Connection, task: Row[Any], run: int, plan: EvaluationPlan, stamp: Stamp
) -> None:
    """Write down what belongs to the task: its side of the run, and when it was last run."""
    statement = insert(task_runs).values(
        run_id=run,
        task_id=task.id,
        data_start_time=plan.data_start_time,
        data_end_time=plan.data_end_time,
        created_by_user_id=stamp.user_id,
    )
    conn.execute(statement)
    conn.execute(update(tasks).where(tasks.c.id == task.id).values(last_run_at=stamp.now))
