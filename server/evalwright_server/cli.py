"""The command `evalwright serve`."""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import replace

import typer
import uvloop

from evalwright_server import logs
from evalwright_server.assembly import assemble
from evalwright_server.config import (
    DEFAULT_BODY_BYTES,
    DEFAULT_JOB_QUEUE,
    DEFAULT_JOB_SLOTS,
    DEFAULT_KEEP_DAYS,
    DEFAULT_RATE,
    SECONDS_PER_DAY,
    AnalysisSettings,
    ConfigError,
    Settings,
    WebhookSettings,
    check_driver,
    default_data_directory,
    read_level,
    read_number,
)
from evalwright_server.environments import PackageSettings, PackageSettingsError
from evalwright_server.job_types import JobTypesError
from evalwright_server.listening import HttpServer, address_of, bind
from evalwright_server.models.models import CACHE_VARIABLE
from evalwright_server.sandbox import SandboxUnavailable
from evalwright_server.serve_options import (
    ApiKeys,
    Data,
    DatabaseUrl,
    Host,
    InsecureNoAuth,
    JobQueue,
    JobTypesFile,
    MaxTimeout,
    Port,
    RequiredIsolation,
    Workers,
)
from evalwright_server.services.model_access import (
    DEFAULT_CONCURRENCY,
    DEFAULT_TIMEOUT,
    ModelLimits,
)
from evalwright_server.store.errors import DatabaseError
from evalwright_server.store.secrets import SecretKeyError
from evalwright_server.web.operations import ParityError
from evalwright_server.webhooks.destination import PRIVATE_VARIABLE

_STARTUP_ERRORS = (
    ConfigError,
    DatabaseError,
    JobTypesError,
    PackageSettingsError,
    SandboxUnavailable,
    SecretKeyError,
    ParityError,
)


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data: Data = None,
    database: DatabaseUrl = None,
    workers: Workers = 1,
    api_key: ApiKeys = None,
    job_types: JobTypesFile = None,
    job_queue: JobQueue = DEFAULT_JOB_QUEUE,
    max_timeout: MaxTimeout = None,
    require_isolation: RequiredIsolation = None,
    insecure_no_auth: InsecureNoAuth = False,
) -> None:
    """Start everything that one machine needs: the API, the engine and the sandboxes."""
    logs.configure()
    try:
        settings = _settings(
            Settings(
                host=host,
                port=port,
                data=(data or default_data_directory()).expanduser().absolute(),
                database=database,
                workers=workers,
                api_keys=tuple(api_key or ()),
                job_types=job_types,
                job_queue=job_queue,
                max_timeout=max_timeout,
                is_open=insecure_no_auth,
                require_isolation=read_level(require_isolation),
            ),
            os.environ,
        )
        settings.check()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings))
    except _STARTUP_ERRORS as error:
        # Drivers tell their troubles in several lines.
        typer.echo(f"evalwright serve: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(2) from error


def _settings(given: Settings, environment: Mapping[str, str]) -> Settings:
    """Return the settings of the command line with those that only the environment has."""
    check_driver(environment)
    keys = environment.get("EVALWRIGHT_SECRET_KEY", "").replace(",", " ").split()
    body_bytes = read_number(environment, "EVALWRIGHT_MAX_BODY", DEFAULT_BODY_BYTES, least=1024)
    job_slots = read_number(environment, "EVALWRIGHT_JOB_SLOTS", DEFAULT_JOB_SLOTS, least=1)
    keep_days = read_number(environment, "EVALWRIGHT_JOB_KEEP_DAYS", DEFAULT_KEEP_DAYS)
    return replace(
        given,
        keep_job_seconds=keep_days * SECONDS_PER_DAY or None,
        job_slots=int(job_slots),
        rate=read_number(environment, "EVALWRIGHT_RATE_LIMIT", DEFAULT_RATE),
        body_bytes=int(body_bytes),
        secret_keys=tuple(keys),
        validate_answers=environment.get("EVALWRIGHT_VALIDATE_RESPONSES", "0") not in {"", "0"},
        model_limits=_model_limits(environment),
        caches_models=environment.get(CACHE_VARIABLE, "1") != "0",
        packages=PackageSettings.read(environment),
        webhooks=WebhookSettings(environment.get(PRIVATE_VARIABLE, "0") not in {"", "0"}),
        analyses=AnalysisSettings.read(environment),
    )


def _model_limits(environment: Mapping[str, str]) -> ModelLimits:
    name = "EVALWRIGHT_MODEL_CONCURRENCY"
    concurrency = read_number(environment, name, DEFAULT_CONCURRENCY, least=1)
    return ModelLimits(
        int(concurrency),
        read_number(environment, "EVALWRIGHT_MODEL_RATE", 0),
        read_number(environment, "EVALWRIGHT_MODEL_TIMEOUT", DEFAULT_TIMEOUT, least=1),
    )


async def _serve(settings: Settings) -> None:
    with bind(settings.host, settings.port) as listener:
        address = address_of(listener, settings.host)
        # Which port was free, if any was to be taken: jobs are kept away from it.
        settings = replace(settings, port=listener.getsockname()[1])
        async with assemble(settings) as server:

            def announce() -> None:
                typer.echo(f"Data in {settings.database_place}")
                typer.echo(f"Evalwright ready on {address}")
                sys.stdout.flush()

            http = HttpServer(server.application, server.stopping, announce)
            await http.serve([listener])
