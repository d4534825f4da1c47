"""The command line of bubblewrap for one sandbox.

Flags not obvious from their name:

- `--disable-userns`: no user namespaces inside, which is where kernel holes are found.
- `--die-with-parent`: the spawner dies with the server, the sandbox with the spawner.
- `--as-pid-1`: the agent is process 1, so it sees every end and what the tree took; the job is
  process 2, as signals would have no default effect on process 1.
- `--remount-ro` of /, /dev and every mask: what bubblewrap makes there is a memory file system
  without a size limit.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from evalwright_server.sandbox.folders import SlotFolder
from evalwright_server.sandbox.interpreter import Interpreter

Argument = str | int
"""A word, or the index of a descriptor that is passed along."""

STDIN, STDOUT, STDERR, STATUS, MESSAGES, CONTROL, RUNNER, FILTER, AGENT = range(9)
"""What the descriptors passed along with the command are for."""
TEMPLATE_REQUESTS, TEMPLATE_AGENT, TEMPLATE_ZYGOTE = range(3, 6)
"""The same for a template, after the standard three."""

INSIDE_ID: Final = "1000"
HOME: Final = "/home/sandbox"
WORKING_DIRECTORY: Final = "/app"
PACKAGES: Final = "/env/site-packages"
PROGRAM: Final = "/env/agent.pyc"
ZYGOTE: Final = "/env/zygote.pyc"
SLOTS: Final = "/slots"
"""Where a template finds the folders of its jobs."""
HIDDEN_IN_PROC: Final = ("kcore", "keys", "key-users", "timer_list", "kallsyms", "kmsg",
                         "sysrq-trigger", "latency_stats", "sched_debug", "config.gz")  # fmt: skip
"""Files of /proc that tell about the host rather than the sandbox."""
ENVIRONMENT: Final = {
    "PATH": "/usr/bin:/bin",
    "HOME": HOME,
    "LANG": "C.UTF-8",
    "TMPDIR": "/tmp",  # noqa: S108
    "PYTHONUNBUFFERED": "1",
    "XDG_CACHE_HOME": "/tmp/.cache",  # noqa: S108
    "MPLCONFIGDIR": "/tmp/.cache/matplotlib",  # noqa: S108
    # A job has one processor unless it is given more; threads that fight for it cost time.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""What every job finds."""

ISOLATION: Final = (
    "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
    "--unshare-net", "--disable-userns", "--uid", INSIDE_ID, "--gid", INSIDE_ID,
    "--hostname", "sandbox", "--die-with-parent", "--new-session", "--clearenv",
    "--cap-drop", "ALL",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """What has to be known of a job when its sandbox is made.

    Attributes:
        site_packages: Directory of packages, if it has any.
        preload: Modules to import.
        tmp_bytes: Size of /tmp and of /dev/shm.
        output_bytes: Size of /output.
        template: Whose template it may start from.
    """

    site_packages: Path | None
    preload: tuple[str, ...]
    tmp_bytes: int
    output_bytes: int
    template: str | None


def bubblewrap_arguments(
    interpreter: Interpreter, folder: SlotFolder, shape: Shape, *, is_warm: bool
) -> list[Argument]:
    """Compose the arguments.

    Args:
        interpreter: The Python to run.
        folder: Where the job's files will be.
        shape: What is known of the job.
        is_warm: Whether no job waits for it yet, so that there is time to import things.
    """
    arguments: list[Argument] = [*ISOLATION, "--as-pid-1"]
    arguments += surroundings(interpreter, shape)
    arguments += masks()
    for path, size in (
        ("/tmp", shape.tmp_bytes),  # noqa: S108
        ("/dev/shm", shape.tmp_bytes),  # noqa: S108
        ("/output", shape.output_bytes),
    ):
        arguments += ["--size", str(size), "--tmpfs", path]
    arguments += ["--remount-ro", "/dev", "--dir", HOME, "--dir", WORKING_DIRECTORY]
    arguments += ["--ro-bind", str(folder.code), "/code", "--ro-bind", str(folder.input), "/input"]
    arguments += ["--perms", "0444", "--ro-bind-data", AGENT, PROGRAM]
    arguments += ["--remount-ro", "/", "--chdir", WORKING_DIRECTORY]
    arguments += ["--json-status-fd", STATUS, "--seccomp", FILTER]
    return [*arguments, str(interpreter.executable), "-u", "-I", "-S", "-B", PROGRAM, CONTROL,
            RUNNER, MESSAGES, "warm" if is_warm else "cold", ",".join(shape.preload)]  # fmt: skip


def template_arguments(interpreter: Interpreter, folders: Path, shape: Shape) -> list[Argument]:
    """Compose the arguments for a template; what differs is done by its children.

    Those make user namespaces, which `--disable-userns` and the filter would forbid, and mount a
    /proc of their own, which the kernel allows where nothing in the outer one is masked.

    Args:
        interpreter: The Python to run.
        folders: Where the folders of its jobs will be.
        shape: What is known of the jobs.
    """
    arguments: list[Argument] = [word for word in ISOLATION if word != "--disable-userns"]
    arguments += surroundings(interpreter, shape)
    for path in ("/output", "/code", "/input", HOME, WORKING_DIRECTORY):
        arguments += ["--dir", path]
    arguments += ["--size", str(shape.tmp_bytes), "--tmpfs", "/tmp", "--remount-ro", "/dev"]  # noqa: S108
    arguments += ["--ro-bind", str(folders), SLOTS]
    for place, path in ((TEMPLATE_AGENT, PROGRAM), (TEMPLATE_ZYGOTE, ZYGOTE)):
        arguments += ["--perms", "0444", "--ro-bind-data", place, path]
    arguments += ["--remount-ro", "/", "--chdir", WORKING_DIRECTORY]
    return [*arguments, str(interpreter.executable), "-u", "-I", "-S", "-B", ZYGOTE,
            TEMPLATE_REQUESTS, ",".join(shape.preload)]  # fmt: skip


def surroundings(interpreter: Interpreter, shape: Shape) -> list[Argument]:
    """Set the variables, and show Python, packages, /proc and /dev."""
    variables = dict(ENVIRONMENT)
    if shape.site_packages is not None:
        variables["PYTHONPATH"] = PACKAGES
    arguments: list[Argument] = []
    for name, value in variables.items():
        arguments += ["--setenv", name, value]
    arguments += python_view(interpreter)
    if shape.site_packages is not None:
        arguments += ["--ro-bind", str(shape.site_packages), PACKAGES]
    return arguments


def system_view(interpreter: Interpreter) -> list[Argument]:
    """Show Python and the libraries it needs, /proc without the host, an empty /dev."""
    return [*python_view(interpreter), *masks()]


def python_view(interpreter: Interpreter) -> list[Argument]:
    """Show Python and the libraries it needs, and /proc and /dev."""
    arguments: list[Argument] = []
    for path in interpreter.sources:
        arguments += ["--ro-bind", str(path), str(path)]
    for path, target in interpreter.links.items():
        arguments += ["--symlink", target, str(path)]
    for path in dict.fromkeys(interpreter.masked):
        if any(path.is_relative_to(shown) for shown in interpreter.readable):
            arguments += ["--tmpfs", str(path), "--remount-ro", str(path)]
    return [*arguments, "--proc", "/proc", "--dev", "/dev"]


def masks() -> list[Argument]:
    """Hide what /proc tells about the host."""
    arguments: list[Argument] = []
    for name in hidden_in_proc():
        arguments += ["--ro-bind", "/dev/null", f"/proc/{name}"]
    return arguments


@cache
def hidden_in_proc() -> list[str]:
    """List the files of /proc to be hidden that there are."""
    return [name for name in HIDDEN_IN_PROC if Path("/proc", name).exists()]
