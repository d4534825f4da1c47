"""What the services add to runs as they are claimed and as they end; see `runs.hooks`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import cast

from pydantic import JsonValue
from sqlalchemy import Connection, select

from evalwright_server.runs.analysis_payload import AnalysisKind
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.experiment_payload import ExperimentPayload
from evalwright_server.runs.kinds import RunKind
from evalwright_server.runs.records import Finish
from evalwright_server.runs.sources.source import Claimed
from evalwright_server.runs.states import State
from evalwright_server.services.analysis_access import grant_analysis
from evalwright_server.services.errors import ServiceError
from evalwright_server.services.model_access import ModelLimits, grant_integrations
from evalwright_server.services.stamps import Stamp
from evalwright_server.services.trigger_rules import check_evaluation
from evalwright_server.services.triggers import start
from evalwright_server.store.ids import Kind, encode
from evalwright_server.store.secrets import SecretBox
from evalwright_server.store.tables.experiments import experiments
from evalwright_server.store.tables.tasks import task_runs, tasks


class ServerHooks:
    """Grants access to models, and starts the evaluations of experiments; see `Hooks`.

    Args:
        engine: Whose runs.
        secrets: Opens what is sealed.
        limits: What one worker may do with an AI integration.
        clock: Tells the time, aware and in UTC.
    """

    def __init__(
        self,
        engine: Engine,
        secrets: SecretBox,
        limits: ModelLimits,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._secrets = secrets
        self._limits = limits
        self._clock = clock

    def grants(self, connection: Connection, claimed: Claimed) -> Mapping[str, JsonValue]:
        """Return access to the AI integrations that the run needs; see `Hooks`."""
        if claimed.run.kind in set(AnalysisKind):
            return grant_analysis(connection, claimed, self._secrets, self._limits)
        keys = cast("Sequence[int]", claimed.payload.get("integrations") or ())
        if not keys:
            return {}
        granted = grant_integrations(connection, keys, self._secrets, self._limits)
        return {"integrations": granted}

    def finishing(self, connection: Connection, claimed: Claimed, finish: Finish) -> str | None:
        """Evaluate an experiment that has been filled, as its run was asked to; see `Hooks`."""
        if claimed.run.kind != RunKind.RUN_EXPERIMENT or finish.state is not State.SUCCEEDED:
            return None
        payload = ExperimentPayload.read(claimed.payload)
        notes = [
            self._evaluate(connection, claimed, payload.experiment_id, task)
            for task in payload.evaluation_task_ids
        ]
        return "; ".join(note for note in notes if note) or None

    def _evaluate(
        self, connection: Connection, claimed: Claimed, experiment: int, task: int
    ) -> str | None:
        """Start an evaluation, or say why it can't be started."""
        row = connection.execute(select(tasks).where(tasks.c.id == task)).one_or_none()
        if row is None:
            return "an evaluation task was deleted before the experiment was done"
        filled = select(experiments).where(experiments.c.id == experiment)
        found = connection.execute(filled).one_or_none()
        if found is None:
            return f"evaluation task {row.name!r} was not started: the experiment was deleted"
        user = connection.scalar(
            select(task_runs.c.created_by_user_id).where(task_runs.c.run_id == claimed.run.id)
        )
        stamp = Stamp(self._clock(), user or "")
        wanted = encode(Kind.EXPERIMENT, found.id, found.suffix)
        try:
            plan = check_evaluation(connection, row, {"experiment_ids": [wanted]}, stamp.now)
        except ServiceError as error:
            return f"evaluation task {row.name!r} was not started: {error.detail}"
        start(connection, row, plan, stamp=stamp, engine=self._engine)
        return None
