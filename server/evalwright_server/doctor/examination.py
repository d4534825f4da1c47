"""What the doctor looks at: the host, its layers of isolation, and whether limits hold."""

import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from typing import Any

from evalwright_server import __version__
from evalwright_server.doctor.trials import Outcome, try_limits
from evalwright_server.sandbox import Sandbox, SandboxUnavailable
from evalwright_server.sandbox.bubblewrap import Bubblewrap, find_bubblewrap
from evalwright_server.sandbox.isolation import IsolationReport, Level
from evalwright_server.sandbox.settings import IsolationSettings


@dataclass(frozen=True, slots=True)
class Host:
    """The machine.

    Attributes:
        system: Kernel and its version.
        machine: Kind of processor.
        python: Version of Python.
        user: Who the server would be.
        bubblewrap: Each copy that was found, with its version, the one tried first in front.
    """

    system: str
    machine: str
    python: str
    user: str
    bubblewrap: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found.

    Attributes:
        host: The machine.
        report: Its layers of isolation.
        outcomes: Of the trials; none if nothing can be tried.
        required: The least level that is good enough.
    """

    host: Host
    report: IsolationReport
    outcomes: tuple[Outcome, ...]
    required: Level

    @property
    def is_fit(self) -> bool:
        """Whether untrusted code can be run as required."""
        enough = self.report.shortfall(self.required) is None
        return self.report.isolates and enough and all(trial.passed for trial in self.outcomes)

    def view(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "version": __version__,
            "can_run_untrusted_code": self.is_fit,
            "required_level": self.required.word,
            "host": asdict(self.host),
            "sandbox": self.report.view(),
            "trials": [asdict(outcome) for outcome in self.outcomes],
        }


async def examine(driver: str, required: Level) -> Findings:
    """Look at this machine.

    Args:
        driver: What is to make sandboxes.
        required: The least level that is good enough.
    """
    host = look_at_host()
    try:
        # What is required is judged at the end, when all that there is has been tried.
        async with Sandbox(settings=IsolationSettings(driver)) as sandbox:
            report = await sandbox.probe()
            return Findings(host, report, tuple(await try_limits(sandbox)), required)
    except SandboxUnavailable as problem:
        return Findings(host, IsolationReport(None, problem=problem), (), required)


def look_at_host() -> Host:
    """Say what this machine is."""
    return Host(
        system=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        python=platform.python_version(),
        user="root" if os.geteuid() == 0 else f"uid {os.geteuid()}",
        bubblewrap=tuple(describe(copy) for copy in copies()),
    )


def copies() -> list[Bubblewrap]:
    """List the copies of bubblewrap; none is no failure here."""
    try:
        return find_bubblewrap()
    except SandboxUnavailable:
        return []


def describe(copy: Bubblewrap) -> str:
    """Name a copy with its version."""
    try:
        done = subprocess.run(
            [copy.program, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{copy.program} ({error})"
    return f"{copy.program} ({done.stdout.strip() or done.stderr.strip()})"
