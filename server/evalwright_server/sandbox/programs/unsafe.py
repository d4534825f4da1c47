"""The first process of a job that runs WITHOUT isolation, for the driver `unsafe`.

A program, never imported, with arguments `CONTROL_FD RUNNER_FD MESSAGES_FD WARM PRELOAD AGENT_FD
FOLDER SITE_PACKAGES`. It is the agent of a sandbox (agent.py, which it reads from a
descriptor) with what has to be otherwise where there are no name spaces:

- Every descendant is found and killed by its parents, as there is no process 1: this process takes
  in the orphans.
- /code, /input and /output are folders elsewhere. Python functions that take paths are told so, in
  the job's own interpreter only: programs it starts, and libraries in C, see no such folders.
- Limits on processes count all those of the account, so what is there already is added.
"""

import _ctypes
import builtins
import io
import marshal
import os
import resource
import signal
import sys
import time

TYPE_CHECKING = False  # type checkers know better; importing `typing` takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38
PYC_HEADER = 16
PAUSE_SECONDS = 0.001
FOLDERS = {"/code": "code", "/input": "input", "/output": "output", "/app": "app",
           "/home/sandbox": "home"}  # fmt: skip
PACKAGES = "/env/site-packages"
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
ONE_PATH = ("open", "stat", "lstat", "access", "listdir", "scandir", "mkdir", "rmdir", "remove",
            "unlink", "chmod", "utime", "truncate", "chdir", "readlink", "statvfs")  # fmt: skip
TWO_PATHS = ("rename", "replace", "link", "symlink")

_LIBRARY = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]


def prctl(option: int, value: int) -> None:
    """Do what the system call of this name does."""
    address = _ctypes.dlsym(_LIBRARY, "prctl")
    _ctypes.call_cdeclfunction(address, (option, value, 0, 0, 0))


# --- paths --------------------------------------------------------------------------------------


def redirect(folder: str, packages: str) -> None:
    """Have Python's functions look elsewhere for the folders of a job."""
    places = {name: f"{folder}/{place}" for name, place in FOLDERS.items()}
    if packages:
        places[PACKAGES] = packages
    for name in ONE_PATH:
        replace(name, with_one(getattr(os, name), places))
    for name in TWO_PATHS:
        replace(name, with_two(getattr(os, name), places))
    builtins.open = io.open = with_one(io.open, places)


def moved(path: object, places: "dict[str, str]") -> object:
    """Say where something is to be looked for."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        return path
    text = os.fsdecode(path)
    for name, place in places.items():
        if text == name or text.startswith(name + "/"):
            found = place + text[len(name) :]
            return os.fsencode(found) if isinstance(os.fspath(path), bytes) else found
    return path


def with_one(function: "Callable[..., Any]", places: "dict[str, str]") -> "Callable[..., Any]":
    """Wrap a function whose first argument is a path."""
    return lambda path=".", *args, **named: function(moved(path, places), *args, **named)


def with_two(function: "Callable[..., Any]", places: "dict[str, str]") -> "Callable[..., Any]":
    """Wrap a function whose first two arguments are paths."""
    return lambda one, two, *args, **named: function(
        moved(one, places), moved(two, places), *args, **named
    )


def replace(name: str, function: "Callable[..., Any]") -> None:
    """Put a function in the place of one of `os`, with what `os` says that one supports."""
    for supported in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks,
                      os.supports_effective_ids):  # fmt: skip
        if getattr(os, name) in supported:
            supported.add(function)
    setattr(os, name, function)


# --- processes ----------------------------------------------------------------------------------


def children(pid: int) -> "Iterator[int]":
    """Yield the children of all threads of a process; nothing when it is gone."""
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                yield from map(int, file.read().split())
    except OSError:
        return


def descendants(pid: int) -> "Iterator[int]":
    """Yield all processes below one."""
    for child in children(pid):
        yield child
        yield from descendants(child)


def end_all() -> None:
    """Kill every descendant; those that are stopped first can't fork while others are killed."""
    for number in (signal.SIGSTOP, signal.SIGKILL, signal.SIGKILL):
        for pid in descendants(os.getpid()):
            try:
                os.kill(pid, number)
            except (ProcessLookupError, PermissionError):
                pass


def reap() -> None:
    """Kill and wait until there is no descendant."""
    while True:
        end_all()
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(PAUSE_SECONDS)


def tasks_of(uid: int) -> int:
    """Count the processes and threads of an account, as RLIMIT_NPROC does."""
    count = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{name}").st_uid == uid:
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            pass  # it is gone
    return count


def allow(limits: "dict[str, int]") -> None:
    """Change limits to what they mean here."""
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    wanted = limits["NPROC"] + tasks_of(os.getuid())
    limits["NPROC"] = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


# --- the program --------------------------------------------------------------------------------


def load_agent(fd: int, packages: str) -> "dict[str, Any]":
    """Return what the agent's program defines, changed to what has to be otherwise here."""
    names: dict[str, Any] = {"__name__": "agent", "__builtins__": builtins}
    code = os.pread(fd, 1 << 20, 0)[PYC_HEADER:]
    exec(marshal.loads(code), names)
    become_job = names["become_job"]

    def become(channel: object, orders: "dict[str, Any]") -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # should somebody kill the agent
        allow(orders["limits"])
        become_job(channel, {**orders, "network": False})

    names.update(end_all=end_all, reap=reap, become_job=become, PACKAGES=packages or PACKAGES)
    return names


def main() -> None:
    """Get ready, then be the agent, and in a child the job."""
    control, channel, messages, warmth, preload, agent, folder, packages = sys.argv[1:]
    parent = os.getppid()
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)  # the spawner died before it could tell
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    os.setsid()
    os.umask(0o022)
    os.chdir(f"{folder}/app")
    os.environ.update(ENVIRONMENT, HOME=f"{folder}/home", TMPDIR=f"{folder}/tmp")
    if packages:
        os.environ["PYTHONPATH"] = packages
    redirect(folder, packages)
    names = load_agent(int(agent), packages)
    descriptors = int(control), int(channel), int(messages)
    names["main"](*descriptors, preload, is_warm=warmth == "warm")


main()
