"""Settings of a server, and what can be wrong with them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from evalwright_server.environments import PackageSettings
from evalwright_server.red_team.systems import PRIVATE_TARGETS_VARIABLE
from evalwright_server.sandbox.isolation import Level
from evalwright_server.sandbox.settings import IsolationSettings
from evalwright_server.services.analysis_quotas import DEFAULT_MAX_DATASET, AnalysisLimits
from evalwright_server.services.failure_trials import TrialLimits
from evalwright_server.services.model_access import ModelLimits
from evalwright_server.store.dialects import sqlite_url
from evalwright_server.web.guards import is_loopback
from evalwright_server.webhooks.schedule import RetrySchedule

DATABASE_FILE: Final = "evalwright.db"
"""Name of the database in the data directory."""
MODEL_CACHE_FILE: Final = "model-cache.db"
"""Name of the file with answers of models in the data directory."""
ENVIRONMENTS_DIRECTORY: Final = "environments"
"""Name of the directory of packages in the data directory."""
DEFAULT_RATE: Final = 1000.0
"""Requests a second that one client may send."""
DEFAULT_JOB_SLOTS: Final = 4
"""Jobs that a worker process runs at a time."""
DEFAULT_JOB_QUEUE: Final = 100
"""Jobs that may wait."""
DEFAULT_HEARTBEAT: Final = 5.0
"""Seconds of silence after which a held answer shows that it is alive."""
DEFAULT_BODY_BYTES: Final = 32 * 1024 * 1024
"""The largest body of a request."""

DEFAULT_TRIALS: Final = (10, 2)
"""Answers that the playground takes of a key in a day and in a minute, if strangers may come in."""
DEFAULT_KEEP_DAYS: Final = 30
"""How many days jobs are kept after their end."""
SECONDS_PER_DAY: Final = 86_400.0


class ConfigError(Exception):
    """The settings make no sense together; the text says what to change."""


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """How webhooks are sent.

    Attributes:
        allow_private: Whether they may go to addresses that are not public.
        schedule: When failed attempts are repeated.
    """

    allow_private: bool = False
    schedule: RetrySchedule = field(default_factory=RetrySchedule)


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """What analyses may take and reach.

    Attributes:
        limits: How large they may be, and how much of them a key may start.
        allow_private_targets: Whether red teams may attack addresses that are not public.
        heartbeat: After how many seconds of silence a held answer shows that it is alive.
        trials: How many answers the playground takes; None for any number on this machine, and few
            elsewhere.
    """

    limits: AnalysisLimits = field(default_factory=AnalysisLimits)
    allow_private_targets: bool = False
    heartbeat: float = DEFAULT_HEARTBEAT
    trials: TrialLimits | None = None

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "AnalysisSettings":
        """Return the settings in environment variables.

        Raises:
            ConfigError: One of them makes no sense.
        """
        limits = AnalysisLimits(
            int(read_number(environment, "EVALWRIGHT_MAX_DATASET", DEFAULT_MAX_DATASET, least=1)),
            int(read_number(environment, "EVALWRIGHT_ANALYSIS_QUOTA", 0)),
            int(read_number(environment, "EVALWRIGHT_TOKEN_QUOTA", 0)),
        )
        return cls(
            limits,
            environment.get(PRIVATE_TARGETS_VARIABLE, "0") not in {"", "0"},
            read_number(environment, "EVALWRIGHT_HEARTBEAT", DEFAULT_HEARTBEAT, least=0.1),
            _read_trial_limits(environment),
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """How a server is to run.

    Attributes:
        host: Where to listen: a name or an address.
        port: On which port; 0 for any that is free.
        data: Directory of the database and of the key that seals secrets.
        database: URL of a database elsewhere; None for the one in `data`.
        workers: How many worker processes.
        api_keys: Who may come in; everyone on this machine if empty.
        rate: Requests a second per client; 0 for any number.
        body_bytes: The largest body of a request.
        secret_keys: Keys that seal secrets, instead of the one in `data`.
        validate_answers: Whether every answer is checked against the document.
        model_limits: What all workers together may do with one AI integration.
        caches_models: Whether answers of models are kept in `data`.
        job_types: A file that changes the kinds of jobs and adds others; None for those shipped.
        job_slots: How many jobs each worker process runs at a time.
        job_queue: How many jobs may wait before more are refused.
        max_timeout: The most seconds that a job may ask for where its type says nothing else.
        keep_job_seconds: How long jobs are kept after their end; None for ever.
        is_open: Whether strangers elsewhere may come in without a key.
        packages: How packages for jobs are installed.
        webhooks: Where the webhooks of jobs may go, and when they are sent again.
        require_isolation: The least level of isolation; the server does not start with less. None
            for a server that starts anyway, and refuses jobs where nothing isolates them.
        analyses: What analyses may take and reach.
    """

    host: str
    port: int
    data: Path
    database: str | None = None
    workers: int = 1
    api_keys: tuple[str, ...] = ()
    rate: float = DEFAULT_RATE
    body_bytes: int = DEFAULT_BODY_BYTES
    secret_keys: tuple[str, ...] = ()
    validate_answers: bool = False
    model_limits: ModelLimits = field(default_factory=ModelLimits)
    caches_models: bool = True
    job_types: Path | None = None
    job_slots: int = DEFAULT_JOB_SLOTS
    job_queue: int = DEFAULT_JOB_QUEUE
    max_timeout: int | None = None
    keep_job_seconds: float | None = DEFAULT_KEEP_DAYS * SECONDS_PER_DAY
    is_open: bool = False
    packages: PackageSettings = field(default_factory=PackageSettings)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    require_isolation: Level | None = None
    analyses: AnalysisSettings = field(default_factory=AnalysisSettings)

    @property
    def database_url(self) -> str:
        """The URL of the database, wherever it is."""
        return self.database or sqlite_url(self.data / DATABASE_FILE)

    @property
    def model_cache(self) -> Path | None:
        """The file in which answers of models are kept, if they are."""
        return self.data / MODEL_CACHE_FILE if self.caches_models else None

    @property
    def trial_limits(self) -> TrialLimits:
        """How many answers the playground takes of each key."""
        if self.analyses.trials is not None:
            return self.analyses.trials
        return TrialLimits() if is_loopback(self.host) else TrialLimits(*DEFAULT_TRIALS)

    @property
    def environments(self) -> Path:
        """The directory of packages for jobs."""
        return self.data / ENVIRONMENTS_DIRECTORY

    @property
    def database_place(self) -> str:
        """Where the database is, fit to be shown: without password."""
        url = make_url(self.database_url)
        return (url.database or "") if url.get_backend_name() == "sqlite" else repr(url)

    def check(self) -> None:
        """Refuse settings that would open the server to strangers.

        Raises:
            ConfigError: It would listen to other machines and ask nobody for a key.
        """
        if any(not key.strip() for key in self.api_keys):
            raise ConfigError("an API key is empty: give --api-key a text that is hard to guess")
        if not self.api_keys and not is_loopback(self.host) and not self.is_open:
            raise ConfigError(
                f"listening on {self.host} lets other machines in, and nobody would be asked for a "
                "key: add --api-key KEY, or listen on 127.0.0.1; --insecure-no-auth lets everybody "
                "in who can reach the port"
            )


def default_data_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where data goes unless the user says otherwise (XDG base directories)."""
    home = environment.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(home).expanduser() / "evalwright"


def check_driver(environment: Mapping[str, str]) -> None:
    """Refuse a driver that does not exist: a typing error must not end in another one.

    Raises:
        ConfigError: `EVALWRIGHT_SANDBOX` names none.
    """
    try:
        IsolationSettings.read(environment)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def read_level(word: str | None) -> Level | None:
    """Return a level of isolation by its name.

    Raises:
        ConfigError: There is no such level.
    """
    try:
        return Level.named(word) if word else None
    except ValueError as error:
        raise ConfigError(f"--require-isolation: {error}") from error


def _read_trial_limits(environment: Mapping[str, str]) -> TrialLimits | None:
    """Return the limits that are set; one that is not, where the other is, is none."""
    names = "EVALWRIGHT_PLAYGROUND_PER_DAY", "EVALWRIGHT_PLAYGROUND_PER_MINUTE"
    if not any(environment.get(name) for name in names):
        return None
    per_day, per_minute = (int(read_number(environment, name, 0)) for name in names)
    return TrialLimits(per_day, per_minute)


def read_number(
    environment: Mapping[str, str], name: str, default: float, *, least: float = 0
) -> float:
    """Return a number from an environment variable.

    Raises:
        ConfigError: It is no number, or smaller than `least`.
    """
    text = environment.get(name, "")
    try:
        number = float(text) if text else default
    except ValueError:
        number = least - 1
    # Written so that NaN is refused too.
    if not number >= least:
        raise ConfigError(f"{name} is {text!r}: expected a number of at least {least:g}")
    return number
