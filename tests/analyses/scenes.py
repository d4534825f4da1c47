"""Analyses as services submit them, and what is left of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Table, insert, select

from evalwright_server.runs.analysis_payload import (
    AnalysisKind,
    AnalysisPayload,
    JudgeUse,
    Options,
    Secrets,
)
from evalwright_server.runs.analysis_rows import NewAnalysis, add_analysis, new_run
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.pool import WorkerPool
from evalwright_server.runs.records import RunRow
from evalwright_server.services.model_access import ModelLimits
from evalwright_server.services.run_hooks import ServerHooks
from evalwright_server.store.secrets import SecretBox
from evalwright_server.store.tables.analyses import analyses, analysis_items
from evalwright_server.store.tables.projects import projects
from scripted_models import ScriptedModels

TIMEOUT = 60.0
KEY = "sk-of-this-request-0123456789"


def make_project(connection: Connection, space_id: int) -> int:
    """Insert a project and return its key."""
    values = {"suffix": "aaaa", "space_id": space_id, "name": "project"}
    statement = insert(projects).values(**values, created_at=datetime.now(UTC))
    key: int = connection.execute(statement.returning(projects.c.id)).scalar_one()
    return key


@dataclass(frozen=True)
class Access:
    """What came with the request to get at a model or a system."""

    judge: JudgeUse | None = None
    secrets: Secrets = field(default_factory=Secrets)

    @classmethod
    def to(cls, models: ScriptedModels) -> "Access":
        """Return access to scripted models, with a key."""
        return cls(JudgeUse("judge-1", base_url=models.url), Secrets(api_key=KEY))


NO_ACCESS = Access()


@dataclass(frozen=True)
class Remains:
    """What is left of an analysis.

    Attributes:
        run: Its run.
        row: Its row of `analyses`.
        outcomes: The outcome of each item.
        results: The result of each item.
    """

    run: RunRow
    row: Mapping[str, Any]
    outcomes: list[str | None]
    results: list[dict[str, Any]]

    @property
    def summary(self) -> dict[str, Any]:
        """What it comes to."""
        summary: dict[str, Any] = self.row["summary"]
        return summary


@dataclass(frozen=True)
class Yard:
    """An engine, and somebody's project in it."""

    engine: Engine
    secrets: SecretBox
    space_id: int
    project_id: int

    @asynccontextmanager
    async def working(self, **environment: str) -> AsyncIterator[WorkerPool]:
        """Have a worker process with these variables work while the context lasts."""
        limits = ModelLimits(concurrency=2, timeout=5)
        hooks = ServerHooks(self.engine, self.secrets, limits, lambda: datetime.now(UTC))
        pool = WorkerPool(self.engine, hooks=hooks, environment=environment)
        await pool.start()
        try:
            yield pool
        finally:
            await pool.stop(0)

    async def submit(
        self,
        kind: AnalysisKind,
        options: Options,
        items: Sequence[Mapping[str, JsonValue]],
        *,
        access: Access = NO_ACCESS,
        usage_key: str | None = None,
    ) -> int:
        """Submit an analysis as services do, and return its run's key."""
        payload = AnalysisPayload(options.to_json(), access.judge)
        secrets = access.secrets
        sealed = self.secrets.seal(secrets.to_text()) if secrets else None
        new = NewAnalysis(
            kind,
            self.project_id,
            payload,
            items,
            sealed=sealed,
            usage_key=usage_key,
            usage_period="2026-11" if usage_key else None,
        )

        def unit(connection: Connection) -> int:
            run = new_run(kind, self.space_id, payload, total_items=len(items))
            submitted = self.engine.submit(connection, run)
            add_analysis(connection, submitted.id, new)
            return submitted.id

        return await self.engine.db.write(unit)

    async def wait(self, run_id: int) -> Remains:
        """Wait for the end of an analysis."""
        run = await self.engine.wait(run_id, since_version=None, timeout=TIMEOUT)
        assert run.state.is_final, run
        return await self.remains(run)

    async def until(self, run_id: int, reached: Callable[[RunRow], bool]) -> RunRow:
        """Wait until an analysis has come so far."""
        async with asyncio.timeout(TIMEOUT):
            async for run in self.engine.events(run_id):
                if reached(run):
                    return run
        raise AssertionError("the analysis ended before it got there")

    async def remains(self, run: RunRow) -> Remains:
        """Return what is stored of an analysis."""
        [row] = await self.rows(analyses, run.id)
        items = await self.rows(analysis_items, run.id, "position")
        return Remains(
            run,
            row,
            [item["outcome"] for item in items],
            [item["result"] for item in items],
        )

    async def rows(self, table: Table, run_id: int, *order: str) -> list[dict[str, Any]]:
        """Return the rows of an analysis in some table."""
        statement = select(table).where(table.c.run_id == run_id).order_by(*order)
        return await self.engine.db.read(
            lambda connection: [dict(row) for row in connection.execute(statement).mappings()]
        )
