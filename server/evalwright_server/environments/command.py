"""The command line of bubblewrap for an installer."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evalwright_server.egress import NetworkPolicy
from evalwright_server.egress.variables import PORT, proxy_variables
from evalwright_server.sandbox.command import ISOLATION, Argument, system_view
from evalwright_server.sandbox.interpreter import Interpreter

STATUS, CONTROL, FILTER, FIRST_FILE = range(3, 7)
"""What the descriptors passed along with the command are for, after the standard three."""

CONFINED: Final = "/build/confined.py"
PROCESSES: Final = 512
TMP_BYTES: Final = 1024**3
ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}  # noqa: S108


@dataclass(frozen=True, slots=True)
class Task:
    """A program to run, and what it may do.

    Attributes:
        command: Absolute path inside, and arguments.
        programs: Files of the host to show, by path inside.
        contents: Files to make, by path inside.
        writable: Folders of the host it may write to, by path inside.
        environment: Its variables, besides the usual and those of the proxy.
        policy: What it may reach.
        seconds: How long it may take.
        memory_bytes: How much memory its processes may take together.
        disk_bytes: How much it may write to the disk.
    """

    command: Sequence[str]
    programs: Mapping[str, Path]
    contents: Mapping[str, bytes]
    writable: Mapping[str, Path]
    environment: Mapping[str, str]
    policy: NetworkPolicy
    seconds: float
    memory_bytes: int
    disk_bytes: int


def bubblewrap_arguments(
    task: Task, interpreter: Interpreter, contents: Sequence[str]
) -> list[Argument]:
    """Compose the arguments.

    Args:
        task: What to run.
        interpreter: The Python that the installer installs for.
        contents: Paths inside, in the order of their descriptors from `FIRST_FILE` on.
    """
    arguments: list[Argument] = [*ISOLATION]
    for name, value in ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    arguments += system_view(interpreter)
    arguments += ["--size", str(TMP_BYTES), "--tmpfs", "/tmp", "--remount-ro", "/dev"]  # noqa: S108
    for index, path in enumerate(contents, FIRST_FILE):
        arguments += ["--perms", "0444", "--ro-bind-data", index, path]
    for path, source in task.programs.items():
        arguments += ["--ro-bind", str(source), path]
    for path, source in task.writable.items():
        arguments += ["--bind", str(source), path]
    arguments += ["--remount-ro", "/", "--chdir", "/tmp"]  # noqa: S108
    arguments += ["--json-status-fd", STATUS, "--seccomp", FILTER]
    return [*arguments, str(interpreter.executable), "-I", "-S", "-B", CONFINED,
            CONTROL, str(PORT), resource_limits(task), *task.command]  # fmt: skip


def variables(task: Task) -> bytes:
    """Compose what the program in the sandbox waits for."""
    return json.dumps({**task.environment, **proxy_variables(task.policy)}).encode()


def resource_limits(task: Task) -> str:
    """Translate limits into those that the kernel keeps for each process."""
    limits = {
        "DATA": task.memory_bytes,
        "CPU": 4 * math.ceil(task.seconds),
        "FSIZE": task.disk_bytes,
        "NPROC": PROCESSES,
        "NOFILE": 1024,
        "CORE": 0,
        "MEMLOCK": 0,
    }
    return ",".join(f"{name}={value}" for name, value in limits.items())
