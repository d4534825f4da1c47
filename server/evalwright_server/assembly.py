"""Putting a server together, and taking it apart again."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from sqlalchemy import Connection
from starlette.applications import Starlette

from evalwright_server.config import Settings
from evalwright_server.egress.variables import OWN_PORT_VARIABLE
from evalwright_server.environments import Environments
from evalwright_server.environments.settings import ROOT_VARIABLE
from evalwright_server.job_types import JobTypes
from evalwright_server.models.models import CACHE_VARIABLE
from evalwright_server.red_team.systems import PRIVATE_TARGETS_VARIABLE
from evalwright_server.runs import job_payload
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.pool import WorkerPool
from evalwright_server.runs.worker import SLOTS
from evalwright_server.sandbox.examination import examine_host
from evalwright_server.sandbox.isolation import IsolationReport, Level
from evalwright_server.sandbox.settings import REQUIRE_VARIABLE
from evalwright_server.services.analyses import AnalysisStarter
from evalwright_server.services.continuous import start_waiting_runs
from evalwright_server.services.failure_trials import Playground
from evalwright_server.services.job_retention import JobRetention
from evalwright_server.services.job_rules import JobRules
from evalwright_server.services.job_submission import JobSubmitter
from evalwright_server.services.organizations import Identity, ensure_identity
from evalwright_server.services.run_hooks import ServerHooks
from evalwright_server.services.stamps import Stamp
from evalwright_server.services.webhook_delivery import WebhookSender
from evalwright_server.services.webhook_records import read_record
from evalwright_server.store.database import Database
from evalwright_server.store.secrets import SecretBox
from evalwright_server.web.application import build_application
from evalwright_server.web.context import ServerContext
from evalwright_server.web.gateway import Limits
from evalwright_server.web.keys import KeyRing
from evalwright_server.web.rate_limits import RateLimiter
from evalwright_server.webhooks.posting import Poster

_BURST_SECONDS: Final = 2.0

logger = logging.getLogger("evalwright")


@dataclass(frozen=True, slots=True)
class _Workforce:
    """The worker processes, as the web side sees them."""

    pool: WorkerPool
    wanted: int
    slots: int

    @property
    def connected(self) -> int:
        """How many there are."""
        return len(self.pool.pids)

    @property
    def capacity(self) -> int:
        """How many runs they can work on at a time."""
        return self.connected * self.slots


@dataclass(frozen=True, slots=True)
class Server:
    """A server that works, but listens to nobody yet.

    Attributes:
        application: Answers requests.
        stopping: To be set when the server is to stop: long answers end.
    """

    application: Starlette
    stopping: asyncio.Event


@asynccontextmanager
async def assemble(settings: Settings) -> AsyncIterator[Server]:
    """Open the database, start the workers, and build what answers requests.

    Raises:
        DatabaseError: The database can't be used.
        SecretKeyError: The key that seals secrets can't be used.
        JobTypesError: The file of job types can't be used.
        SandboxUnavailable: There is less isolation than is required.
    """
    job_types = JobTypes.load(settings.job_types, settings.max_timeout)
    environments = Environments(settings.environments, settings.packages)
    stopping = asyncio.Event()
    async with await Database.open(settings.database_url) as db:
        secrets = _open_secrets(settings)
        identity = await db.write(lambda connection: ensure_identity(connection, _now()))
        engine = Engine(db)
        pool = _make_pool(settings, engine, secrets)
        context = ServerContext(
            db=db,
            engine=engine,
            secrets=secrets,
            identity=identity,
            workforce=_Workforce(pool, settings.workers, sum(_slots(settings).values())),
            sandbox=await _examine(settings.require_isolation),
            environments=environments,
            clock=_now,
            stopping=stopping,
            jobs=JobSubmitter(engine, _job_rules(settings, job_types), secrets, identity, _now),
            analyses=_analysis_starter(settings, engine, secrets, identity),
            playground=Playground(settings.trial_limits),
            validate_answers=settings.validate_answers,
            asks_for_key=bool(settings.api_keys),
            heartbeat=settings.analyses.heartbeat,
        )
        application = build_application(context, _limits(settings))
        await db.write(lambda connection: _resume(connection, engine, identity))
        async with _webhook_sender(settings, engine, secrets).running():
            await pool.start()
            sweepers = [
                asyncio.create_task(environments.sweep_forever()),
                asyncio.create_task(JobRetention(db, settings.keep_job_seconds).sweep_forever()),
            ]
            try:
                yield Server(application, stopping)
            finally:
                for sweeper in sweepers:
                    sweeper.cancel()
                context.playground.close()
                await environments.close()
                await pool.stop()


def _webhook_sender(settings: Settings, engine: Engine, secrets: SecretBox) -> WebhookSender:
    return WebhookSender(
        engine,
        secrets,
        partial(read_record, engine=engine),
        Poster(settings.webhooks.allow_private),
        _now,
        settings.webhooks.schedule,
    )


def _make_pool(settings: Settings, engine: Engine, secrets: SecretBox) -> WorkerPool:
    limits = settings.model_limits.share(settings.workers)
    return WorkerPool(
        engine,
        workers=settings.workers,
        slots=_slots(settings),
        hooks=ServerHooks(engine, secrets, limits, _now),
        environment={
            CACHE_VARIABLE: str(settings.model_cache or ""),
            ROOT_VARIABLE: str(settings.environments),
            OWN_PORT_VARIABLE: str(settings.port or ""),
            PRIVATE_TARGETS_VARIABLE: str(int(settings.analyses.allow_private_targets)),
            REQUIRE_VARIABLE: _word(settings.require_isolation),
            **settings.packages.variables(),
        },
    )


def _word(level: Level | None) -> str:
    return "" if level is None else level.word


def _slots(settings: Settings) -> dict[str, int]:
    """Return how many runs each worker takes at a time, by queue."""
    return dict(SLOTS) | {job_payload.QUEUE: settings.job_slots}


def _job_rules(settings: Settings, job_types: JobTypes) -> JobRules:
    return JobRules(
        job_types,
        queue_limit=settings.job_queue,
        allow_requirements=settings.packages.allow_requirements,
        allow_private_webhooks=settings.webhooks.allow_private,
    )


def _analysis_starter(
    settings: Settings, engine: Engine, secrets: SecretBox, identity: Identity
) -> AnalysisStarter:
    allow_private = settings.analyses.allow_private_targets
    limits = settings.analyses.limits
    return AnalysisStarter(engine, limits, secrets, identity, _now, allow_private)


def _resume(connection: Connection, engine: Engine, identity: Identity) -> None:
    """Start what continuous tasks have missed."""
    start_waiting_runs(connection, stamp=Stamp(_now(), identity.user_id), engine=engine)


def _open_secrets(settings: Settings) -> SecretBox:
    if settings.secret_keys:
        return SecretBox(settings.secret_keys)
    return SecretBox.from_directory(settings.data)


def _limits(settings: Settings) -> Limits:
    rate = RateLimiter(settings.rate, settings.rate * _BURST_SECONDS, time.monotonic)
    return Limits(KeyRing(settings.api_keys), rate, settings.body_bytes, settings.is_open)


async def _examine(required: Level | None) -> IsolationReport:
    """Try the sandbox; a host without one still evaluates with the managed evaluators.

    Raises:
        SandboxUnavailable: There is less isolation than is required.
    """
    report = await examine_host()
    if required is not None and (shortfall := report.shortfall(required)) is not None:
        raise shortfall
    if report.problem is not None:
        logger.warning("%s Jobs and custom code are refused until then.", report.problem)
    return report


def _now() -> datetime:
    return datetime.now(UTC)
