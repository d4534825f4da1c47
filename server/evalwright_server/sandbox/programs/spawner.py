"""Start sandboxes on behalf of a server, in a process of its own.

A program, never imported: `python -I -S spawner.py CONFIGURATION SOCKET_FD`. There are four
reasons for a process between server and bubblewrap:

- bubblewrap's --die-with-parent follows the *thread* that started it; here there is only one,
  and it lives exactly as long as the server holds the other end of the socket.
- Forking this small process is cheap; forking a server of half a gigabyte takes 100 ms.
- Root keeps here only what it needs to become somebody else: each sandbox gets an account of its
  own, from the range in the configuration and never root, before bubblewrap is run.
- A private mount namespace lets the job account reach a Python below /root (see exposure.py).

Protocol, one packet each way: `[uid or null, [argument or index into the passed descriptors, ...]]`
with the descriptors, of which the first three become stdin, stdout and stderr; answered by
`{"pid": N}` with a pidfd, or `{"error": text}`. What fails after that is told on stderr.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

CLONE_NEWNS = 0x20000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND = 1, 2, 4, 32, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18
MAX_PACKET = 1 << 18
MAX_FDS = 64
PR_SET_CHILD_SUBREAPER = 36
CAPABILITY_VERSION = 0x20080522
KILL, SETGID, SETUID = 5, 6, 7
"""Capabilities to become somebody else, and to kill sandboxes when this process dies."""
CAPABILITY_SETS = (b"CapPrm", b"CapEff", b"CapInh", b"CapAmb")
NOT_STARTED = 126
DEFAULTS = [signal.SIGPIPE, signal.SIGXFSZ]
"""Signals that Python ignores for itself."""

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> None:
    """Turn a failed call into an exception that says what was tried."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
    """Do what the system call of this name does."""
    encoded = [None if text is None else os.fsencode(text) for text in (kind, options)]
    result = libc.mount(
        os.fsencode(source), os.fsencode(target), encoded[0], ctypes.c_ulong(flags), encoded[1]
    )
    check(result, f"mount on {target}")


def arrange(covered: list[str], bound: list[str], copied: list[str]) -> None:
    """Replace directories by empty ones that hold only what is bound or copied."""
    check(libc.unshare(CLONE_NEWNS), "own mount namespace")
    mount("none", "/", None, MS_REC | MS_PRIVATE, None)
    # Opened before they are covered, and after unshare: a mount can't be bound from another
    # namespace.
    opened = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in bound]
    contents = [(path, Path(path).read_bytes()) for path in copied]
    for path in covered:
        mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=16m")
    for path, fd in opened:
        bind(fd, Path(path))
    for path, content in contents:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(content)
        Path(path).chmod(0o555)
    for path in covered:
        mount("none", path, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, None)


def bind(fd: int, path: Path) -> None:
    """Make an open file or directory appear at a path that does not exist yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source = Path(f"/proc/self/fd/{fd}")
    if source.is_dir():
        path.mkdir()
    else:
        path.touch()
    mount(str(source), str(path), None, MS_BIND | MS_REC, None)
    os.close(fd)


def keep_capabilities(*kept: int) -> None:
    """Give up every other right of root; programs run from here would get them back."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    bits = sum(1 << number for number in kept)
    data = (ctypes.c_uint32 * 6)(bits, bits, 0, 0, 0, 0)  # effective, permitted, inheritable
    check(libc.capset(header, data), "capset")


def become(uid: int) -> None:
    """Turn into an unprivileged account for good, and make sure of it."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    with contextlib.suppress(PermissionError):
        os.setuid(0)
    with open("/proc/self/status", "rb") as file:  # noqa: PTH123 - this is run for each sandbox
        fields = dict(line.split(b":", 1) for line in file)
    capabilities = sum(
        int(fields[name], 16) for name in (b"CapPrm", b"CapEff", b"CapInh", b"CapAmb")
    )
    groups = (*os.getresgid(), *os.getgroups())
    if {*os.getresuid(), *groups} != {uid} or capabilities:
        raise PermissionError(f"still uid {os.getresuid()} with capabilities {capabilities:x}")


def prepare(configuration: dict[str, Any]) -> range | None:
    """Arrange file system and rights; return the accounts to use, None for that of the server."""
    os.chdir("/")
    if configuration["covered"]:
        arrange(configuration["covered"], configuration["bound"], configuration["copied"])
    if configuration["uids"] is not None:
        keep_capabilities(KILL, SETGID, SETUID)
        return range(*configuration["uids"])
    if 0 in os.getresuid():
        raise PermissionError("sandboxes must not be started by root")
    return None


def spawn(program: str, uids: range | None, packet: bytes, fds: list[int]) -> int:
    """Start one bubblewrap and return its process ID."""
    uid, parts = json.loads(packet)
    for fd in fds[3:]:
        os.set_inheritable(fd, True)
    words = [program, *(part if isinstance(part, str) else str(fds[part]) for part in parts)]
    if uids is not None:
        if not isinstance(uid, int) or uid not in uids or uid <= 0:
            raise PermissionError(f"uid {uid!r} is not one of those for sandboxes")
        return fork(program, words, uid, fds[:3])
    streams = [(os.POSIX_SPAWN_DUP2, fd, target) for target, fd in enumerate(fds[:3])]
    return os.posix_spawn(program, words, {}, file_actions=streams, setsigdef=DEFAULTS)


def fork(program: str, words: list[str], uid: int, streams: list[int]) -> int:
    """Start a program under another account."""
    pid = os.fork()
    if pid != 0:
        return pid
    try:
        for target, fd in enumerate(streams):
            os.dup2(fd, target)
        for number in DEFAULTS:
            signal.signal(number, signal.SIG_DFL)
        become(uid)
        os.execve(program, words, {})  # noqa: S606
    except BaseException as error:
        os.write(2, f"{program}: {error}".encode())
    finally:
        os._exit(NOT_STARTED)


def reap(started: set[int]) -> None:
    """Forget finished sandboxes; a few dead ones wait here for the next start."""
    with contextlib.suppress(ChildProcessError):
        while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            started.discard(pid)


def children(pid: int) -> list[int]:
    """List the children of a process; none when it is gone."""
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [int(word) for word in text.split()]
    return []


def kill_orphans(started: set[int]) -> None:
    """Kill processes whose parent died before them; their children come next, as new orphans."""
    for pid in children(os.getpid()):
        if pid not in started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def wait(channel: socket.socket, woken: int, started: set[int]) -> None:
    """Wait for a request; kill orphans meanwhile, whenever a child ends."""
    poll = select.poll()
    for source in (channel.fileno(), woken):
        poll.register(source, select.POLLIN)
    while not any(fd == channel.fileno() for fd, _ in poll.poll()):
        os.read(woken, 1024)
        reap(started)
        kill_orphans(started)


def adopt() -> int:
    """Become the parent of orphans; return a descriptor to read whenever a child ends."""
    check(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper")
    woken, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return woken


def serve(
    program: str, uids: range | None, channel: socket.socket, woken: int | None = None
) -> None:
    """Answer requests until the server closes its end or dies."""
    started: set[int] = set()
    while True:
        if woken is not None:
            wait(channel, woken, started)
        packet, fds, _, _ = socket.recv_fds(channel, MAX_PACKET, MAX_FDS, socket.MSG_CMSG_CLOEXEC)
        if not packet:
            return
        reap(started)
        started.add(answer(program, uids, channel, packet, fds))
        for fd in fds:
            os.close(fd)


def answer(
    program: str, uids: range | None, channel: socket.socket, packet: bytes, fds: list[int]
) -> int:
    """Do one request; return the process ID, 0 if there is none."""
    try:
        pid = spawn(program, uids, packet, fds)
    except OSError as error:
        channel.send(json.dumps({"error": str(error)}).encode())
        return 0
    pidfd = os.pidfd_open(pid)
    socket.send_fds(channel, [json.dumps({"pid": pid}).encode()], [pidfd])
    os.close(pidfd)
    return pid


def main() -> None:
    """Get ready, say so, then serve."""
    channel = socket.socket(fileno=int(sys.argv[2]))
    try:
        configuration = json.loads(sys.argv[1])
        uids = prepare(configuration)
        woken = adopt() if configuration["adopts"] else None
    except OSError as error:
        channel.send(json.dumps({"error": str(error)}).encode())
        return
    channel.send(b"{}")
    serve(configuration["bwrap"], uids, channel, woken)


main()
