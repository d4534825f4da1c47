"""Which failure analyses are counted: those of the last days, of all projects or some."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Select

from evalwright_server.services.analysis_projects import projects_named
from evalwright_server.services.failure_requests import KIND
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.analyses import analyses
from evalwright_server.store.tables.runs import runs

DEFAULT_DAYS: Final = 30
ANALYSES: Final = runs.join(analyses, analyses.c.run_id == runs.c.id)
"""Analyses with their runs; what is counted is joined to them."""

Statement: TypeAlias = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Period:
    """Which analyses are meant.

    Attributes:
        days: How many days back.
        end: The time.
        project_name: Only those of projects of this name.
    """

    days: int
    end: datetime
    project_name: str | None

    @property
    def start(self) -> datetime:
        """When it begins."""
        return self.end - timedelta(days=self.days)

    @property
    def middle(self) -> datetime:
        """When its second half begins."""
        return self.end - timedelta(days=self.days) / 2

    def narrow(self, conn: Connection, statement: Statement) -> Statement:
        """Return a statement over `ANALYSES` for these analyses only."""
        narrowed = statement.where(analyses.c.kind == KIND, runs.c.created_at >= self.start)
        if self.project_name is None:
            return narrowed
        keys = [project.key for project in projects_named(conn, self.project_name)]
        return narrowed.where(analyses.c.project_id.in_(keys))

    @property
    def head(self) -> JsonObject:
        """What all answers begin with."""
        return {"period_days": self.days, "project_name": self.project_name}
