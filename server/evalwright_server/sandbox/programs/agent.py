"""The first process of a sandbox: brings the job up, watches over its end, and reports.

A program, never imported: `python -u -I -S agent.py CONTROL_FD RUNNER_FD MESSAGES_FD PRELOAD`. It
starts before any untrusted code. It forks the runner, which gets ready and waits for its orders on
its own socket, to become the job. The agent itself is process 1: signals from inside do nothing to
it, orphans become its children, and when it ends, so does everything else.

Packets on the control socket: from the server `term` (ask the job to end) and `kill`; to the server
one JSON report when the job is over: how the runner ended, and what the whole tree of processes took.

Packets on the runner's socket: to the server `ready` with a descriptor of /output, then, when the
orders came and the job is about to begin, `go` with the processor time used so far. The orders are
one JSON object: `limits`, by the names of the `resource` module, `environment`, and whether the job
`sends_messages` or has a `network`. For the latter a packet `listener` brings the server a socket
that listens inside, before `go`.
"""

import _signal
import atexit
import contextlib
import gc
import io
import json
import os
import resource
import select
import socket
import sys
import types
from typing import Any

TERM, KILL = b"term", b"kill"
MESSAGES, CHANNEL = 3, 4
"""Where the job finds the channel for its messages, and the runner that for its orders."""
HIGH, MAX_FDS = 100, 4096
PROXY = ("127.0.0.1", 3128)
LOOK_MILLISECONDS = 500
PR_SET_DUMPABLE = 4
PACKAGES = "/env/site-packages"
PROGRAM = "/code/main.py"


def undumpable() -> None:
    """Close /proc/1 to processes of the same account: memory, descriptors, environment."""
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def seconds(usage: resource.struct_rusage) -> float:
    """Add up processor time."""
    return usage.ru_utime + usage.ru_stime


def read_io(fd: int) -> dict[str, int]:
    """Read what this process and all it has waited for have read and written."""
    if fd < 0:
        return {}
    pairs = (line.split(": ") for line in os.pread(fd, 4096, 0).decode().splitlines())
    return {name: int(value) for name, value in pairs}


def open_io() -> int:
    """Open the counters of this process; -1 where the kernel keeps none."""
    try:
        return os.open("/proc/self/io", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


# --- the runner ---------------------------------------------------------------------------------


def prepare(preload: str) -> None:
    """Make this interpreter look like one started as usual, and import what the job will."""
    import site

    site.setquit()
    site.setcopyright()
    if os.path.isdir(PACKAGES):
        site.addsitedir(PACKAGES)
    for name in filter(None, preload.split(",")):
        try:
            __import__(name)
        except BaseException:  # the job will see it by itself
            pass
    # Done once here, so that what it needs of memory is there.
    exec(compile("import traceback, linecache, tokenize", "", "exec"), {})
    # What is here now is not looked at when the job's garbage is collected.
    gc.freeze()


def prefer_others() -> None:
    """Let jobs be the first to go when the host's memory runs out, and the last to compute."""
    try:
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
    except OSError:
        pass  # not on every kernel
    os.nice(10)


def announce(channel: socket.socket) -> None:
    """Say that the runner is ready, and hand over /output."""
    output = os.open("/output", os.O_RDONLY | os.O_DIRECTORY)
    socket.send_fds(channel, [b"ready"], [output])
    os.close(output)


def open_way_out(channel: socket.socket) -> None:
    """Listen where the job will look for its proxy, and hand the socket over."""
    with socket.create_server(PROXY, backlog=64) as listener:
        socket.send_fds(channel, [b"listener"], [listener.fileno()])


def become_job(channel: socket.socket, orders: dict[str, Any]) -> int:
    """Put on the limits and run the program; return its exit code."""
    if orders["network"]:
        open_way_out(channel)
    used = seconds(resource.getrusage(resource.RUSAGE_SELF))
    counters = json.dumps(read_io(open_io()))
    for name, value in orders["limits"].items():
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (value, value))
    os.environ.update(orders["environment"])
    channel.send(f"go {used:.6f} {counters}".encode())
    channel.close()
    os.closerange(CHANNEL if orders["sends_messages"] else MESSAGES, HIGH)
    sys.argv[:] = [PROGRAM]
    sys.path.insert(0, "/code")
    main = types.ModuleType("__main__")
    main.__dict__.update(__file__=PROGRAM, __builtins__=__builtins__)
    sys.modules["__main__"] = main
    with open(PROGRAM, "rb") as file:
        source = file.read()
    return run(source, main.__dict__)


def run(source: bytes, names: dict[str, Any]) -> int:
    """Run the program as `python main.py` would, its errors shown without this file."""
    try:
        exec(compile(source, PROGRAM, "exec"), names)
    except SystemExit as end:
        return exit_code(end.code)
    except BaseException as error:
        frames = error.__traceback__
        error.__traceback__ = frames.tb_next if frames else None
        sys.excepthook(type(error), error, error.__traceback__)
        # As Python does: 128 + SIGINT for an interrupt, else 1.
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def exit_code(code: object) -> int:
    """Return what a process ends with that raises SystemExit."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def end(code: int) -> None:
    """End the process as Python does, but for taking its modules apart.

    That takes twice as long as a short job, in a child whose every page has to be copied for it.
    What programs can tell is done: threads are waited for, functions registered with atexit called,
    their objects destroyed, files written.
    """
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
    atexit._run_exitfuncs()
    sys.modules["__main__"].__dict__.clear()
    gc.collect()
    for thing in gc.get_objects():
        if isinstance(thing, io.IOBase):
            with contextlib.suppress(Exception):
                thing.flush()
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def keep_only(messages: int, channel: int) -> None:
    """Move two descriptors to where they are expected, and close all others but the standard ones."""
    import fcntl

    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, HIGH) for fd in (messages, channel)]
    os.closerange(3, HIGH)
    for fd, target in zip(high, (MESSAGES, CHANNEL)):
        os.dup2(fd, target, inheritable=target == MESSAGES)
    os.closerange(CHANNEL + 1, MAX_FDS)


def runner(messages: int, channel: int, preload: str) -> None:
    """Get ready, wait for orders, become the job."""
    import json

    keep_only(messages, channel)
    prefer_others()
    prepare(preload)
    with socket.socket(fileno=CHANNEL) as orders:
        announce(orders)
        packet = orders.recv(1 << 18)
        if packet:
            end(become_job(orders, json.loads(packet)))


# --- the agent ----------------------------------------------------------------------------------


def wait(job: int, control: socket.socket) -> int:
    """Wait for the runner's end, doing what the server says meanwhile; return its wait status."""
    poll = select.poll()
    poll.register(os.pidfd_open(job), select.POLLIN)
    poll.register(control, select.POLLIN)
    while True:
        events = poll.poll(LOOK_MILLISECONDS)
        if any(fd == control.fileno() for fd, _ in events):
            obey(control.recv(16), job)
        # Orphans come and go while the job runs; unreaped they would use up its processes.
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == job:
                return status
            if pid == 0:
                break


def obey(order: bytes, job: int) -> None:
    """Ask the job to end, or end it; the latter also when the server is gone."""
    if order == TERM:
        os.kill(job, _signal.SIGTERM)
        os.kill(job, _signal.SIGCONT)
    else:
        end_all()


def end_all() -> None:
    """Kill every other process."""
    try:
        os.kill(-1, _signal.SIGKILL)
    except ProcessLookupError:
        pass


def reap() -> None:
    """Wait until every other process is gone, and its usage is added to this one's."""
    end_all()
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def report(control: socket.socket, status: int, before: dict[str, int], io: int) -> None:
    """Tell the server how it ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    after = read_io(io)
    control.send(json.dumps({
        "exit_code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
        "cpu_seconds": seconds(used),
        "largest_bytes": used.ru_maxrss * 1024,
        "read_bytes": after.get("rchar", 0) - before.get("rchar", 0),
        "written_bytes": after.get("wchar", 0) - before.get("wchar", 0),
    }).encode())  # fmt: skip


def main() -> None:
    """Be the agent, and in a child the runner."""
    control, channel, messages = (int(fd) for fd in sys.argv[1:4])
    job = os.fork()
    if job == 0:
        runner(messages, channel, sys.argv[4])
        return
    io = open_io()
    undumpable()
    # Python's own handler would let the job interrupt process 1; nobody handles the others.
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    nothing = os.open("/dev/null", os.O_RDWR)
    for fd in range(3):
        os.dup2(nothing, fd)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in (control, io):
            with contextlib.suppress(OSError):  # that of the listing itself
                os.close(int(name))
    before = read_io(io)
    with socket.socket(fileno=control) as server:
        status = wait(job, server)
        reap()
        report(server, status, before, io)
    os._exit(0)


main()
