"""How packages are installed: what an operator can set, and by which variables."""

import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from evalwright_server.egress import NetworkPolicy
from evalwright_server.environments.errors import PackageSettingsError

ROOT_VARIABLE: Final = "EVALWRIGHT_ENVIRONMENTS"
"""Tells worker processes where environments are kept."""
ALLOW_VARIABLE: Final = "EVALWRIGHT_ALLOW_REQUIREMENTS"
INDEX_VARIABLE: Final = "EVALWRIGHT_PACKAGE_INDEX"
ARGUMENTS_VARIABLE: Final = "EVALWRIGHT_PACKAGE_ARGUMENTS"
HOSTS_VARIABLE: Final = "EVALWRIGHT_PACKAGE_HOSTS"
SOURCE_VARIABLE: Final = "EVALWRIGHT_PACKAGE_SOURCE_BUILDS"
TIMEOUT_VARIABLE: Final = "EVALWRIGHT_PACKAGE_TIMEOUT"
MEMORY_VARIABLE: Final = "EVALWRIGHT_PACKAGE_MEMORY_MB"
DISK_VARIABLE: Final = "EVALWRIGHT_PACKAGE_DISK_MB"
TTL_VARIABLE: Final = "EVALWRIGHT_PACKAGE_LOCK_TTL"
KEEP_DAYS_VARIABLE: Final = "EVALWRIGHT_PACKAGE_KEEP_DAYS"
KEEP_VARIABLE: Final = "EVALWRIGHT_PACKAGE_KEEP_MB"

MIB: Final = 1024 * 1024
DAY: Final = 86_400.0
ANY_PUBLIC_HOST: Final = "*:443"


@dataclass(frozen=True, slots=True)
class PackageSettings:
    """What holds for every installation.

    Attributes:
        index: URL of the package index, perhaps with a name and password; None for the
            installer's own, which is PyPI.
        arguments: Further arguments for the installer.
        hosts: What an installation may reach besides the index, as in an allow-list. Indexes send
            on to other hosts for the files, so by default any public host by HTTPS.
        source_builds: Whether packages without a wheel are built, which runs their code.
        allow_requirements: Whether jobs may bring requirements. They may, as the sandbox that
            installs has nothing of the job, and the one that runs the job has no network.
        timeout: Seconds for each of resolving and installing.
        memory_bytes: Memory of an installation.
        disk_bytes: Disk space that one installation may fill.
        lock_seconds: How long the same requirements stand for the same packages before the index
            is asked again.
        keep_seconds: How long an environment is kept after it was last used.
        keep_bytes: How much all environments together may take on the disk, and the cache again.
    """

    index: str | None = None
    arguments: tuple[str, ...] = ()
    hosts: tuple[str, ...] = (ANY_PUBLIC_HOST,)
    source_builds: bool = False
    allow_requirements: bool = True
    timeout: float = 300.0
    memory_bytes: int = 2048 * MIB
    disk_bytes: int = 4096 * MIB
    lock_seconds: float = DAY
    keep_seconds: float = 30 * DAY
    keep_bytes: int = 20_480 * MIB

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables.

        Raises:
            PackageSettingsError: One is wrong.
        """
        index = environment.get(INDEX_VARIABLE) or None
        if index is not None:
            index_place(index)
        hosts = environment.get(HOSTS_VARIABLE)
        return cls(
            index=index,
            arguments=_words(environment, ARGUMENTS_VARIABLE),
            hosts=(ANY_PUBLIC_HOST,) if hosts is None else _hosts(hosts),
            source_builds=environment.get(SOURCE_VARIABLE, "0") not in {"", "0"},
            allow_requirements=environment.get(ALLOW_VARIABLE, "1") not in {"", "0"},
            timeout=_number(environment, TIMEOUT_VARIABLE, 300),
            memory_bytes=int(_number(environment, MEMORY_VARIABLE, 2048) * MIB),
            disk_bytes=int(_number(environment, DISK_VARIABLE, 4096) * MIB),
            lock_seconds=_number(environment, TTL_VARIABLE, DAY),
            keep_seconds=_number(environment, KEEP_DAYS_VARIABLE, 30) * DAY,
            keep_bytes=int(_number(environment, KEEP_VARIABLE, 20_480) * MIB),
        )

    def variables(self) -> dict[str, str]:
        """Return the variables that `read` makes the same settings of, for another process."""
        return {
            INDEX_VARIABLE: self.index or "",
            ARGUMENTS_VARIABLE: shlex.join(self.arguments),
            HOSTS_VARIABLE: " ".join(self.hosts),
            SOURCE_VARIABLE: str(int(self.source_builds)),
            ALLOW_VARIABLE: str(int(self.allow_requirements)),
            TIMEOUT_VARIABLE: str(self.timeout),
            MEMORY_VARIABLE: str(self.memory_bytes / MIB),
            DISK_VARIABLE: str(self.disk_bytes / MIB),
            TTL_VARIABLE: str(self.lock_seconds),
            KEEP_DAYS_VARIABLE: str(self.keep_seconds / DAY),
            KEEP_VARIABLE: str(self.keep_bytes / MIB),
        }


def index_place(index: str) -> tuple[str, int]:
    """Return host and port of an index.

    Raises:
        PackageSettingsError: It is no HTTP URL.
    """
    try:
        url = urlsplit(index)
        host, port = url.hostname, url.port or {"http": 80, "https": 443}[url.scheme]
    except (ValueError, KeyError):
        host, port = None, 0
    if not host:
        raise PackageSettingsError(f"{INDEX_VARIABLE} is no URL that begins with http(s)://")
    return host, port


def _words(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(environment.get(name, "")))
    except ValueError as error:
        raise PackageSettingsError(f"{name} has a quote that is never closed") from error


def _hosts(text: str) -> tuple[str, ...]:
    try:
        return NetworkPolicy(tuple(text.replace(",", " ").split())).allow
    except ValueError as error:
        raise PackageSettingsError(f"{HOSTS_VARIABLE}: {error}") from error


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name) or str(default)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise PackageSettingsError(f"{name} is {text!r}: expected a number above 0")
    return number
