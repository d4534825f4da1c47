"""Start sandboxes on behalf of a server, in a process of its own.

A program, never imported: `python -I -S spawner.py CONFIGURATION SOCKET_FD`. There are four
reasons for a process between server and bubblewrap:

- bubblewrap's --die-with-parent follows the *thread* that started it; here there is only one,
  and it lives exactly as long as the server holds the other end of the socket.
- Forking this small process is cheap; forking a server of half a gigabyte takes 100 ms.
- Root gives up its rights here once, before anything untrusted is near.
- A private mount namespace lets the job account reach a Python below /root (see exposure.py).

Protocol, one packet each way: `[argument or index into the passed descriptors, ...]` with the
descriptors, of which the first three become stdin, stdout and stderr; answered by `{"pid": N}`
with a pidfd, or `{"error": text}`.
"""

import contextlib
import ctypes
import json
import os
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


def drop(uid: int) -> None:
    """Become an unprivileged account for good, and make sure of it."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    with contextlib.suppress(PermissionError):
        os.setuid(0)
    status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
    fields = dict(line.split(":", 1) for line in status.splitlines())
    capabilities = sum(int(fields[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapAmb"))
    if os.getresuid() != (uid, uid, uid) or capabilities:
        raise PermissionError(f"still uid {os.getresuid()} with capabilities {capabilities:x}")


def prepare(configuration: dict[str, Any]) -> None:
    """Arrange file system and account."""
    os.chdir("/")
    if configuration["covered"]:
        arrange(configuration["covered"], configuration["bound"], configuration["copied"])
    if configuration["uid"] is not None:
        drop(configuration["uid"])
    if 0 in os.getresuid():
        raise PermissionError("sandboxes must not be started by root")


def spawn(program: str, packet: bytes, fds: list[int]) -> int:
    """Start one bubblewrap and return its process ID."""
    for fd in fds[3:]:
        os.set_inheritable(fd, True)
    words = [part if isinstance(part, str) else str(fds[part]) for part in json.loads(packet)]
    streams = [(os.POSIX_SPAWN_DUP2, fd, target) for target, fd in enumerate(fds[:3])]
    defaults = [signal.SIGPIPE, signal.SIGXFSZ]  # which Python ignores for itself
    return os.posix_spawn(program, ["bwrap", *words], {}, file_actions=streams, setsigdef=defaults)


def reap() -> None:
    """Forget finished sandboxes; a few dead ones wait here for the next start."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def serve(program: str, channel: socket.socket) -> None:
    """Answer requests until the server closes its end or dies."""
    while True:
        packet, fds, _, _ = socket.recv_fds(channel, MAX_PACKET, MAX_FDS, socket.MSG_CMSG_CLOEXEC)
        if not packet:
            return
        reap()
        answer(program, channel, packet, fds)
        for fd in fds:
            os.close(fd)


def answer(program: str, channel: socket.socket, packet: bytes, fds: list[int]) -> None:
    """Do one request."""
    try:
        pid = spawn(program, packet, fds)
    except OSError as error:
        channel.send(json.dumps({"error": str(error)}).encode())
        return
    pidfd = os.pidfd_open(pid)
    socket.send_fds(channel, [json.dumps({"pid": pid}).encode()], [pidfd])
    os.close(pidfd)


def main() -> None:
    """Get ready, say so, then serve."""
    channel = socket.socket(fileno=int(sys.argv[2]))
    try:
        configuration = json.loads(sys.argv[1])
        prepare(configuration)
    except OSError as error:
        channel.send(json.dumps({"error": str(error)}).encode())
        return
    channel.send(b"{}")
    serve(configuration["bwrap"], channel)


main()
