"""What handlers work with."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from evalwright_server.environments import Environments
from evalwright_server.runs.engine import Engine
from evalwright_server.sandbox.isolation import IsolationReport
from evalwright_server.services.analyses import AnalysisStarter
from evalwright_server.services.errors import Unavailable
from evalwright_server.services.failure_trials import Playground
from evalwright_server.services.job_submission import JobSubmitter
from evalwright_server.services.organizations import Identity
from evalwright_server.store.database import Database
from evalwright_server.store.secrets import SecretBox


class Workforce(Protocol):
    """Those who do the work of runs."""

    @property
    def connected(self) -> int:
        """How many worker processes are connected."""
        ...

    @property
    def wanted(self) -> int:
        """How many there are to be, though one may be starting just now."""
        ...

    @property
    def capacity(self) -> int:
        """How many runs they can work on at a time."""
        ...


@dataclass(frozen=True, slots=True)
class ServerContext:
    """The parts of a running server.

    Attributes:
        db: Where everything is stored.
        engine: Keeps the runs.
        secrets: Seals what must not be stored in clear.
        identity: Who owns and who does everything.
        workforce: Who does the work.
        sandbox: Whether untrusted code can be run, and how well it is kept apart.
        clock: Tells the time, aware and in UTC.
        stopping: Set once the server is to stop; long answers end then.
        validate_answers: Whether every answer is checked against the document.
        environments: The packages for jobs, and how they are installed.
        jobs: Submits jobs, and knows what they may do.
        analyses: Starts analyses, and knows what they may take.
        playground: Analyses single answers at once.
        asks_for_key: Whether clients need a key.
        heartbeat: After how many seconds of silence a held answer shows that it is alive.
    """

    db: Database
    engine: Engine
    secrets: SecretBox
    identity: Identity
    workforce: Workforce
    sandbox: IsolationReport
    environments: Environments
    clock: Callable[[], datetime]
    stopping: asyncio.Event
    jobs: JobSubmitter
    analyses: AnalysisStarter
    playground: Playground
    validate_answers: bool = False
    asks_for_key: bool = False
    heartbeat: float = 5.0

    def require_sandbox(self) -> None:
        """Refuse what needs untrusted code to be run, where that can't be.

        Raises:
            Unavailable: With what the operator can do about it.
        """
        if self.sandbox.driver is None:
            cure = self.sandbox.reason or "see GET /health"
            raise Unavailable("Jobs can't be run here: nothing isolates untrusted code", cure)

    def require_workers(self) -> None:
        """Refuse what would be waited for in vain.

        Raises:
            Unavailable: This server has no workers.
        """
        if self.workforce.wanted == 0:
            hint = "start the server with --workers, or submit a job: POST /execute/async"
            raise Unavailable("This server has no workers to run it now", hint)
