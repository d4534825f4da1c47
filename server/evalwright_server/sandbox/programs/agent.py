"""The first process of a sandbox: brings the job up, watches over its end, and reports.

A program, never imported: `python -u -I -S agent.pyc CONTROL_FD RUNNER_FD MESSAGES_FD warm|cold
PRELOAD`. It starts before any untrusted code. It forks the runner, which gets ready and waits for
its orders on its own socket, to become the job. The agent itself is process 1: signals from inside
do nothing to it, orphans become its children, and when it ends, so does everything else.

Packets on the control socket: from the server `term` (ask the job to end) and `kill`; to the server
one report when the job is over: exit code and signal (-1 where there is none), processor time,
memory of the largest process, bytes read and written by the whole tree.

Packets on the runner's socket: to the server `hello` with a descriptor of /output, before anything
of a package is imported, then `ready`; and, when the orders came and the job is about to begin,
`go` with what the runner has taken so far: processor time, bytes read, bytes written. The orders
are a marshalled dict: `limits`, by the names of the `resource` module, `environment`, and whether
the job `sends_messages` or has a `network`. For the latter a packet `listener` brings the server a
socket that listens inside, before `go`.

Every sandbox waits for this, so it imports nothing that is written in Python and not there anyway.
"""

# ruff: noqa: PLC0415, PTH112, S102, S110, S302, SIM105 - it starts fast and runs what it is told

import _ctypes
import _signal  # type: ignore[import-not-found]
import _socket
import marshal
import os
import resource
import select
import sys

TYPE_CHECKING = False  # type checkers know better; importing `typing` takes milliseconds
if TYPE_CHECKING:
    from typing import Any

TERM, KILL = b"term", b"kill"
MESSAGES, CHANNEL = 3, 4
"""Where the job finds the channel for its messages, and the runner that for its orders."""
HIGH, MAX_FDS = 100, 4096
MAX_PACKET = 1 << 20
PROXY = ("127.0.0.1", 3128)
LOOK_MILLISECONDS = 500
PR_SET_DUMPABLE = 4
PACKAGES = "/env/site-packages"
PROGRAM = "/code/main.py"
WARMED = ("types", "enum", "functools", "collections", "re._constants", "re._parser",
          "re._compiler", "re", "json.scanner", "json.decoder", "json.encoder", "json")  # fmt: skip
"""What jobs mostly want, in steps of a millisecond or two."""

_LIBRARY = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]


def call(name: str, *numbers: int) -> int:
    """Call a function of the C library. The package ctypes would take milliseconds to import."""
    address = _ctypes.dlsym(_LIBRARY, name)
    return int(_ctypes.call_cdeclfunction(address, numbers))


def set_dumpable(value: int) -> None:
    """Open or close /proc/PID, with the memory, to processes of the same account."""
    if call("prctl", PR_SET_DUMPABLE, value, 0, 0, 0) != 0:
        os._exit(1)


def seconds(usage: resource.struct_rusage) -> float:
    """Add up processor time."""
    return usage.ru_utime + usage.ru_stime


def open_io() -> int:
    """Open the counters of this process; -1 where the kernel keeps none."""
    try:
        return os.open("/proc/self/io", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def read_io(fd: int) -> "tuple[int, int]":
    """Return what this process, and all it has waited for, have read and written."""
    if fd < 0:
        return 0, 0
    read, written, *_ = os.pread(fd, 4096, 0).split(b"\n")
    return int(read.split()[1]), int(written.split()[1])


def send_fd(channel: _socket.socket, packet: bytes, fd: int) -> None:
    """Send a packet with a descriptor."""
    data = fd.to_bytes(4, sys.byteorder)
    channel.sendmsg([packet], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, data)])


# --- the runner ---------------------------------------------------------------------------------


def prepare(preload: str, *, is_warm: bool) -> None:
    """Make this interpreter look like one started as usual, and import what the job will.

    What is here then is not looked at when the job's garbage is collected.

    Args:
        preload: Modules, separated by commas.
        is_warm: Whether there is time: no job waits yet.
    """
    import _sitebuiltins
    import builtins
    import gc

    for name in ("quit", "exit"):
        setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)"))
    builtins.help = _sitebuiltins._Helper()
    if os.path.isdir(PACKAGES):
        import site

        site.addsitedir(PACKAGES)

    if not is_warm:
        gc.freeze()
        return
    for name in filter(None, preload.split(",")):
        try:
            __import__(name)
        except BaseException:  # the job will see it by itself
            pass
    gc.collect()
    gc.freeze()


def use_the_time(channel: _socket.socket) -> None:
    """Import what is mostly wanted, as long as no job is there: where jobs wait, it only costs."""
    import gc

    for name in WARMED:
        if select.select([channel], [], [], 0)[0]:
            return
        try:
            __import__(name)
        except ImportError:  # not in this version of Python
            pass
    # As a job is compiled and run, so that the memory this takes is there.
    exec(compile("pass", "", "exec"), {})
    gc.freeze()


def prefer_others() -> None:
    """Let jobs be the first to go when the host's memory runs out, and the last to compute."""
    try:
        score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        os.write(score, b"1000")
        os.close(score)
    except OSError:
        pass  # not on every kernel
    os.nice(10)


def announce(channel: _socket.socket) -> None:
    """Say who the runner is, and hand over /output."""
    output = os.open("/output", os.O_RDONLY | os.O_DIRECTORY)
    send_fd(channel, b"hello", output)
    os.close(output)


def open_way_out(channel: _socket.socket) -> None:
    """Listen where the job will look for its proxy, and hand the socket over."""
    listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM, 0)
    listener.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
    listener.bind(PROXY)
    listener.listen(64)
    send_fd(channel, b"listener", listener.fileno())
    listener.close()


def become_job(channel: _socket.socket, orders: "dict[str, Any]") -> None:
    """Put on the limits, run the program, and end with it."""
    if orders["network"]:
        open_way_out(channel)
    used = seconds(resource.getrusage(resource.RUSAGE_SELF))
    io = open_io()
    counters = read_io(io)
    for name, value in orders["limits"].items():
        # What was used so far is not the job's.
        most = value + int(used) if name == "CPU" else value
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (most, most))
    os.environ.update(orders["environment"])
    channel.send(b"go %.6f %d %d" % (used, *counters))
    channel.close()
    os.closerange(CHANNEL if orders["sends_messages"] else MESSAGES, HIGH)
    sys.argv[:] = [PROGRAM]
    sys.path.insert(0, "/code")
    main = type(sys)("__main__")
    main.__dict__.update(
        __file__=PROGRAM, __builtins__=__builtins__, __cached__=None, __annotations__={}
    )
    sys.modules["__main__"] = main
    file = os.open(PROGRAM, os.O_RDONLY)
    source = b"".join(iter(lambda: os.read(file, 1 << 20), b""))
    os.close(file)
    end(run(source, main.__dict__), main.__dict__)


def run(source: bytes, names: "dict[str, Any]") -> int:
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


def end(code: int, names: "dict[str, Any]") -> None:
    """End the process as Python does, but for taking its modules apart.

    That takes twice as long as a short job, in a child whose every page has to be copied for it.
    What programs can tell is done: threads are waited for, functions registered with atexit called,
    their objects destroyed, files written.
    """
    import atexit
    import gc

    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
    atexit._run_exitfuncs()
    flush_all()
    names.clear()
    gc.collect()
    flush_all()
    call("fflush", 0)
    os._exit(code)


def flush_all() -> None:
    """Write what files hold back, also those in cycles, whose parts are taken down in any order."""
    import gc
    import io

    files = [thing for thing in gc.get_objects() if isinstance(thing, io.IOBase)]
    for file in (*files, sys.stdout, sys.stderr):
        try:
            file.flush()
        except Exception:  # closed, or taken away, or what it writes to is full
            pass


def keep_only(messages: int, channel: int) -> None:
    """Move two descriptors to where they are expected, and close all but the standard ones."""
    os.dup2(messages, HIGH)
    os.dup2(channel, HIGH + 1)
    os.closerange(3, HIGH)
    os.dup2(HIGH, MESSAGES)
    os.dup2(HIGH + 1, CHANNEL, inheritable=False)
    os.closerange(CHANNEL + 1, MAX_FDS)


def runner(messages: int, channel: int, preload: "str | None", *, is_warm: bool) -> None:
    """Get ready, wait for orders, become the job."""
    keep_only(messages, channel)
    prefer_others()
    orders = _socket.socket(fileno=CHANNEL)
    announce(orders)
    if preload is not None:
        prepare(preload, is_warm=is_warm)
    orders.send(b"ready")
    if is_warm:
        use_the_time(orders)
    packet = orders.recv(MAX_PACKET)
    if packet:
        become_job(orders, marshal.loads(packet))
    os._exit(0)


# --- the agent ----------------------------------------------------------------------------------


def wait(job: int, control: _socket.socket) -> int:
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


def report(control: _socket.socket, status: int, before: "tuple[int, int]", io: int) -> None:
    """Tell the server how it ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    after = read_io(io)
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else -1
    transferred = after[0] - before[0], after[1] - before[1]
    figures = code, number, seconds(used), used.ru_maxrss * 1024, *transferred
    control.send(b"%d %d %.6f %d %d %d" % figures)


def supervise(job: int, control: int, io: int) -> None:
    """Be the agent of a runner, to the end of both."""
    # Python's own handler would let the job interrupt process 1; nobody handles the others.
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    nothing = os.open("/dev/null", os.O_RDWR)
    for fd in range(3):
        os.dup2(nothing, fd)
    os.dup2(control, HIGH)
    if io >= 0:
        os.dup2(io, HIGH + 1)
        io = HIGH + 1
    os.closerange(3, HIGH)
    os.closerange(HIGH + 2, MAX_FDS)
    before = read_io(io)
    server = _socket.socket(fileno=HIGH)
    status = wait(job, server)
    reap()
    report(server, status, before, io)
    os._exit(0)


def main(
    control: int, channel: int, messages: int, preload: "str | None", *, is_warm: bool
) -> None:
    """Be the agent, and in a child the runner.

    Args:
        control: Socket of the agent.
        channel: Socket of the runner.
        messages: Where the job's messages go.
        preload: See `prepare`; None if that is done.
        is_warm: Likewise.
    """
    io = open_io()
    # Before there is anything untrusted: who could write to /proc/1/mem would be the agent.
    set_dumpable(0)
    job = os.fork()
    if job == 0:
        set_dumpable(1)
        runner(messages, channel, preload, is_warm=is_warm)
    else:
        supervise(job, control, io)


if __name__ == "__main__":
    main(
        int(sys.argv[1]),
        int(sys.argv[2]),
        int(sys.argv[3]),
        sys.argv[5],
        is_warm=sys.argv[4] == "warm",
    )
