r"""Isolation of code that nobody vouches for, by bubblewrap.

A job is a Python program with limits; it gets name spaces of its own for processes, files, users
and network, a system call filter, and nothing of the host but the standard library:

    async with Sandbox() as sandbox:
        result = await sandbox.run(SandboxJob("print(6 * 7)"))
        assert result.stdout == "42\n"

Where the host can't isolate, `SandboxUnavailable` says why and what to do. Nothing runs with less.
"""

from evalwright_server.sandbox.errors import SandboxUnavailable
from evalwright_server.sandbox.isolation import Isolation, Level
from evalwright_server.sandbox.job import (
    SandboxJob,
    SandboxLimits,
    SandboxResult,
    SandboxStatus,
    SandboxUsage,
)
from evalwright_server.sandbox.output import (
    ArtifactLimits,
    CollectedFile,
    Collection,
    LeftOut,
    OutputDirectory,
)
from evalwright_server.sandbox.sandbox import Sandbox

__all__ = [
    "ArtifactLimits",
    "CollectedFile",
    "Collection",
    "Isolation",
    "LeftOut",
    "Level",
    "OutputDirectory",
    "Sandbox",
    "SandboxJob",
    "SandboxLimits",
    "SandboxResult",
    "SandboxStatus",
    "SandboxUnavailable",
    "SandboxUsage",
]
