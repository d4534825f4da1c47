"""What uv is told to do: lock requirements, and install what is locked."""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from uv import find_uv_bin

from evalwright_server.egress import NetworkPolicy
from evalwright_server.egress.route import look_up
from evalwright_server.environments.command import Task
from evalwright_server.environments.confinement import Outcome, run_confined
from evalwright_server.environments.errors import EnvironmentBuildFailed
from evalwright_server.environments.settings import (
    DISK_VARIABLE,
    MEMORY_VARIABLE,
    TIMEOUT_VARIABLE,
    PackageSettings,
    index_place,
)
from evalwright_server.sandbox.interpreter import find_interpreter

INSTALLER: Final = "/build/uv"
LISTED: Final = "/build/requirements.txt"
CERTIFICATES: Final = "/build/certificates.pem"
CACHE: Final = "/build/cache"
TARGET: Final = "/build/target"
LOG_LINES: Final = 20
VARIABLES: Final = {
    "UV_CACHE_DIR": CACHE,
    "UV_NO_CONFIG": "1",
    "UV_NO_PROGRESS": "1",
    "UV_PYTHON_DOWNLOADS": "never",
    "NO_COLOR": "1",
}

PASSED_ON: Final = ("UV_HTTP_RETRIES", "UV_HTTP_TIMEOUT")
"""Variables of the installer that the server's environment may set."""

_UNREACHABLE: Final = (
    "The package index can't be reached from the server: check EVALWRIGHT_PACKAGE_INDEX and"
    " EVALWRIGHT_PACKAGE_HOSTS there."
)
_WHEELS_ONLY: Final = (
    "Only wheels are installed; EVALWRIGHT_PACKAGE_SOURCE_BUILDS=1 on the server allows packages"
    " that have to be built."
)
ADVICE: Final = {
    "401 Unauthorized": "Check the name and password in EVALWRIGHT_PACKAGE_INDEX on the server.",
    "no usable wheels": _WHEELS_ONLY,
    "no wheels with a matching": _WHEELS_ONLY,
    "not found in the package registry": "Check the spelling; the package index has no such name.",
    "No solution found": "Change the version clauses so that some versions meet all of them.",
    "error sending request": _UNREACHABLE,
    "client error (Connect)": _UNREACHABLE,
    "HTTP status server error": _UNREACHABLE,
    "Failed to build": "Ask for a version that has a wheel, or look at what its build said:",
}
"""What to do, by a part of what the installer says; the first that is found counts."""

_CREDENTIALS: Final = re.compile(r"(?<=://)[^/\s@'\"]*@")


class Installer:
    """Runs uv in a sandbox."""

    def __init__(self, settings: PackageSettings) -> None:
        """Prepare.

        Args:
            settings: Where packages come from, and how much an installation may take.
        """
        self._settings = settings

    async def lock(self, requirements: Sequence[str], cache: Path) -> str:
        """Decide on versions.

        Args:
            requirements: In canonical form.
            cache: Folder of what was downloaded before.

        Returns:
            The versions with the hashes of their files, as pip reads it.

        Raises:
            EnvironmentBuildFailed: It can't be done.
            SandboxUnavailable: This host has no sandbox to do it in.
        """
        arguments = ["pip", "compile", LISTED, "--generate-hashes", "--no-header", "--no-annotate",
                     "--no-emit-index-url", "--no-emit-find-links", "--quiet"]  # fmt: skip
        outcome = await self._run(arguments, "\n".join(requirements), {CACHE: cache})
        if outcome.exit_code != 0:
            raise self._failure("The requirements can't be resolved", outcome)
        return outcome.output

    async def install(self, lock: str, cache: Path, target: Path) -> None:
        """Install what is locked into an empty folder.

        Raises:
            EnvironmentBuildFailed: It can't be done; the folder may be filled in part.
            SandboxUnavailable: This host has no sandbox to do it in.
        """
        arguments = ["pip", "install", "--requirements", LISTED, "--target", TARGET,
                     "--require-hashes", "--no-deps", "--compile-bytecode",
                     "--link-mode", "copy"]  # fmt: skip
        outcome = await self._run(arguments, lock, {CACHE: cache, TARGET: target})
        if outcome.exit_code != 0:
            raise self._failure("The packages can't be installed", outcome)

    async def _run(
        self, arguments: Sequence[str], listed: str, writable: Mapping[str, Path]
    ) -> Outcome:
        return await run_confined(self._task(arguments, listed, writable, await self._policy()))

    def _task(
        self,
        arguments: Sequence[str],
        listed: str,
        writable: Mapping[str, Path],
        policy: NetworkPolicy,
    ) -> Task:
        settings = self._settings
        wheels = [] if settings.source_builds else ["--only-binary", ":all:"]
        python = ["--python", str(find_interpreter().executable)]
        contents = {LISTED: listed.encode()}
        variables = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        variables |= VARIABLES
        if settings.index is not None:
            variables["UV_DEFAULT_INDEX"] = settings.index
        if certificates := os.environ.get("SSL_CERT_FILE"):
            contents[CERTIFICATES] = Path(certificates).read_bytes()
            variables["SSL_CERT_FILE"] = CERTIFICATES
        return Task(
            command=[INSTALLER, *arguments, *python, *wheels, *settings.arguments],
            programs={INSTALLER: find_installer()},
            contents=contents,
            writable=writable,
            environment=variables,
            policy=policy,
            seconds=settings.timeout,
            memory_bytes=settings.memory_bytes,
            disk_bytes=settings.disk_bytes,
        )

    async def _policy(self) -> NetworkPolicy:
        """Allow the index, wherever the operator's own network has it, and what is set."""
        allow = list(self._settings.hosts)
        if self._settings.index is not None:
            host, port = index_place(self._settings.index)
            places = [host]
            with suppress(OSError):  # the installer tells it better
                places += [str(address) for address in await look_up(host, port)]
            allow += [
                f"[{place}]:{port}" if ":" in place else f"{place}:{port}" for place in places
            ]
        return NetworkPolicy(tuple(dict.fromkeys(allow)))

    def _failure(self, what: str, outcome: Outcome) -> EnvironmentBuildFailed:
        log = "\n".join(mask(outcome.log).strip().splitlines()[-LOG_LINES:])
        if outcome.exceeded:
            advice = f"{TIMEOUT_VARIABLE}, {MEMORY_VARIABLE} and {DISK_VARIABLE} set the limits."
            return EnvironmentBuildFailed(f"{what}: it {outcome.exceeded}.", advice, log)
        found = [advice for part, advice in ADVICE.items() if part in log]
        advice = found[0] if found else "The installer's words tell more:"
        return EnvironmentBuildFailed(f"{what}.", advice, log, is_outage=advice == _UNREACHABLE)


def find_installer() -> Path:
    """Return where uv is.

    Raises:
        EnvironmentBuildFailed: Nowhere.
    """
    try:
        return Path(find_uv_bin()).resolve()
    except FileNotFoundError as error:
        raise EnvironmentBuildFailed(
            "The program uv is not installed.", "Install it beside the server: `pip install uv`."
        ) from error


def mask(text: str) -> str:
    """Take names and passwords out of URLs."""
    return _CREDENTIALS.sub("***@", text)
