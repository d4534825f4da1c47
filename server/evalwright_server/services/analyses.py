"""Analyses of every kind, started and cancelled.

    stored = await call.write(call.context.analyses.start, request)

What they are asked for and what they come to is each kind's own business (`evaluations`, ...).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import Connection

from evalwright_server.runs.analysis_payload import AnalysisKind, AnalysisPayload, Secrets
from evalwright_server.runs.analysis_rows import NewAnalysis, add_analysis, new_run
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import IdempotencyConflict, RunFinished
from evalwright_server.runs.records import IdempotencyKey, SubmittedRun
from evalwright_server.runs.sources.source import Item
from evalwright_server.services.analysis_projects import ProjectRef, find_or_make_project
from evalwright_server.services.analysis_quotas import AnalysisLimits, UsageAccount, charge
from evalwright_server.services.analysis_records import StoredAnalysis, find_analysis
from evalwright_server.services.errors import Conflict, DatasetTooLarge
from evalwright_server.services.organizations import Identity
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.secrets import SecretBox


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """An analysis to start, checked by the rules of its kind.

    Attributes:
        kind: What kind it is.
        project_name: The project, made when there is none of this name; None for the default one.
        items: What to analyse, in the form that `runs` asks for.
        plan: Given the key of the space, returns what to do. It runs in the transaction, so that it
            can look for a stored judge; what it raises refuses the request.
        account: Whose quota it counts for.
        name: What its owner calls it.
        metadata: What is to come back with it.
        secrets: What was sent for it only. It is sealed, and erased at its end.
        key: The idempotency key with the digest of the rest of the request.
        predicted_tokens: How many tokens it will probably take per question to a judge; counted
            only if there is one.
    """

    kind: AnalysisKind
    project_name: str | None
    items: Sequence[Item]
    plan: Callable[[Connection, int], AnalysisPayload]
    account: UsageAccount
    name: str | None = None
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=Secrets, repr=False)
    key: tuple[str, bytes] | None = None
    predicted_tokens: int = 0


@dataclass(frozen=True, slots=True)
class AnalysisStarter:
    """Starts analyses.

    Attributes:
        engine: Keeps their runs.
        limits: What they may take.
        secrets: Seals what was sent for one of them only.
        identity: Whose they are.
        clock: Tells the time.
        allow_private_targets: Whether red teams may attack addresses that are not public.
    """

    engine: Engine
    limits: AnalysisLimits
    secrets: SecretBox
    identity: Identity
    clock: Callable[[], datetime]
    allow_private_targets: bool = False

    def check_size(self, size: int) -> None:
        """Refuse a dataset with too many items.

        Raises:
            DatasetTooLarge: With the figures.
        """
        if size > self.limits.max_dataset:
            raise DatasetTooLarge(size, self.limits.max_dataset)

    def start(self, conn: Connection, request: AnalysisRequest) -> StoredAnalysis:
        """Insert an analysis, or find the one that was started with the same idempotency key.

        Args:
            conn: The transaction, a write.
            request: What to start.

        Raises:
            ServiceError: There are too many items, a quota is used up, the key was used with
                something else, or the plan can't be made. Nothing is left of it.
        """
        self.check_size(len(request.items))
        stamp = Stamp(self.clock(), self.identity.user_id)
        project = find_or_make_project(
            conn, request.project_name, stamp=stamp, identity=self.identity
        )
        payload = request.plan(conn, project.space)
        run = self._submit(conn, request, project, payload)
        if run.created:
            tokens = request.predicted_tokens if payload.judge is not None else 0
            charge(conn, request.account, request.kind, tokens, self.limits)
            self._complete(conn, run.id, request, project, payload)
        return find_analysis(conn, request.kind, run.uid or "")

    def _submit(
        self,
        conn: Connection,
        request: AnalysisRequest,
        project: ProjectRef,
        payload: AnalysisPayload,
    ) -> SubmittedRun:
        key = None
        if request.key is not None:
            key = IdempotencyKey(f"{request.kind}:{request.account.key}", *request.key)
        new = new_run(
            request.kind, project.space, payload, total_items=len(request.items), idempotency=key
        )
        try:
            return self.engine.submit(conn, new)
        except IdempotencyConflict as error:
            raise Conflict(
                f"the Idempotency-Key {error.key!r} was used with another request; send a new key "
                "with a new request"
            ) from error

    def _complete(
        self,
        conn: Connection,
        run_id: int,
        request: AnalysisRequest,
        project: ProjectRef,
        payload: AnalysisPayload,
    ) -> None:
        sealed = self.secrets.seal(request.secrets.to_text()) if request.secrets else None
        new = NewAnalysis(
            request.kind,
            project.key,
            payload,
            request.items,
            name=request.name,
            metadata=request.metadata,
            sealed=sealed,
            usage_key=request.account.key,
            usage_period=request.account.period,
        )
        add_analysis(conn, run_id, new)


def cancel_analysis(
    conn: Connection, kind: AnalysisKind, uid: str, *, engine: Engine
) -> StoredAnalysis:
    """Cancel an analysis: at once while it waits, otherwise as soon as its worker has stopped.

    What it has come to stays. One that has ended is left as it is.

    Raises:
        ResourceNotFound: No analysis of this kind has this ID.
    """
    found = find_analysis(conn, kind, uid)
    try:
        engine.cancel(conn, found.run.id)
    except RunFinished:
        return found
    return find_analysis(conn, kind, uid)
