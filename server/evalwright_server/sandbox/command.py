"""The command line of bubblewrap for one job.

Flags not obvious from their name:

- `--disable-userns`: no user namespaces inside, which is where kernel holes are found.
- `--die-with-parent`: the spawner dies with the server, the sandbox with the spawner.
- `--remount-ro` of /, /dev and every mask: what bubblewrap makes there is a memory file system
  without a size limit.
- The user's program is process 2: for process 1 signals would have no default effect.
"""

from pathlib import Path
from typing import Final

from evalwright_server.sandbox.interpreter import Interpreter

Argument = str | int
"""A word, or the index of a descriptor that is passed along."""

STDIN, STDOUT, STDERR, STATUS, MESSAGES, FILTER, LAUNCHER, FIRST_FILE = range(8)
"""What the descriptors passed along with the command are for."""

INSIDE_ID: Final = "1000"
HIDDEN_IN_PROC: Final = ("kcore", "keys", "key-users", "timer_list", "kallsyms", "kmsg",
                         "sysrq-trigger", "latency_stats", "sched_debug", "config.gz")  # fmt: skip
"""Files of /proc that tell about the host rather than the sandbox."""
ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}  # noqa: S108

ISOLATION: Final = (
    "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
    "--unshare-net", "--disable-userns", "--uid", INSIDE_ID, "--gid", INSIDE_ID,
    "--hostname", "sandbox", "--die-with-parent", "--new-session", "--clearenv",
    "--cap-drop", "ALL",
)  # fmt: skip


def bubblewrap_arguments(
    interpreter: Interpreter, files: list[str], tmp_bytes: int, limits: str
) -> list[Argument]:
    """Compose the arguments.

    Args:
        interpreter: The Python to run.
        files: Names below /job, in the order of their descriptors from `FIRST_FILE` on.
        tmp_bytes: Size of /tmp.
        limits: Passed on to launch.py.
    """
    arguments: list[Argument] = [*ISOLATION]
    for name, value in ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    arguments += system_view(interpreter)
    arguments += ["--size", str(tmp_bytes), "--tmpfs", "/tmp"]  # noqa: S108
    arguments += ["--size", str(tmp_bytes), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]  # noqa: S108
    for index, name in enumerate(["launch.py", *files], LAUNCHER):
        arguments += ["--perms", "0444", "--ro-bind-data", index, f"/job/{name}"]
    arguments += ["--remount-ro", "/", "--chdir", "/tmp"]  # noqa: S108
    arguments += ["--json-status-fd", STATUS, "--seccomp", FILTER]
    return [*arguments, str(interpreter.executable), "-I", "-S", "-B", "/job/launch.py",
            limits, MESSAGES]  # fmt: skip


def system_view(interpreter: Interpreter) -> list[Argument]:
    """Show Python and the libraries it needs, /proc without the host, an empty /dev."""
    arguments: list[Argument] = []
    for path in interpreter.sources:
        arguments += ["--ro-bind", str(path), str(path)]
    for path, target in interpreter.links.items():
        arguments += ["--symlink", target, str(path)]
    for path in interpreter.masked:
        if any(path.is_relative_to(shown) for shown in interpreter.readable):
            arguments += ["--tmpfs", str(path), "--remount-ro", str(path)]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    for name in HIDDEN_IN_PROC:
        if Path("/proc", name).exists():
            arguments += ["--ro-bind", "/dev/null", f"/proc/{name}"]
    return arguments
