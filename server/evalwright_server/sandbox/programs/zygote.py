"""A template: an interpreter with everything imported, whose children become sandboxes.

A program, never imported: `python -u -I -S zygote.pyc REQUESTS_FD PRELOAD`. It runs inside a
bubblewrap of its own, which is the wall to the host. It says `ready`, then takes requests on its
socket: the name of a folder below /slots and sizes, with the descriptors that any other sandbox
would get. For each it forks a child, which puts itself into name spaces of its own for users,
files, processes, network and messages, so that jobs of one template see nothing of each other,
gives up every right, and is the agent of a sandbox from then on. Answers are `agent` with a
descriptor of that process, which is also the sender, or `error` and words.

What jobs of one template do share, as children of one process: the seed of `hash`, the layout of
memory, and all that was imported. So a template is for one tenant and one set of packages.
"""

# ruff: noqa: PTH123, S102, S108, S302 - it makes paths inside a sandbox, and runs the agent

import ctypes
import fcntl
import json
import marshal
import os
import socket
import struct
import sys
from typing import Any

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x20000, 0x8000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 4, 22, 24, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
SECCOMP_MODE_FILTER = 2
LINUX_CAPABILITY_VERSION_3 = 0x20080522
LAST_CAPABILITY = 63
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 1, 64
MAX_PACKET, MAX_FDS = 65536, 16
STDIN, STDOUT, STDERR, STATUS, MESSAGES, CONTROL, RUNNER, FILTER = range(8)
ROOM = {"/tmp": "tmp_bytes", "/dev/shm": "tmp_bytes", "/output": "output_bytes"}
HIDDEN_FOLDERS = ("/slots", "/dev/pts")
AGENT = "/env/agent.pyc"
PYC_HEADER = 16

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> None:
    """Turn a failed call into an exception that says what was tried."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def prctl(option: int, value: int = 0) -> int:
    """Do what the system call of this name does."""
    return int(libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), 0, 0))


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Do what the system call of this name does."""
    result = libc.mount(source.encode(), target.encode(), kind and kind.encode(),
                        ctypes.c_ulong(flags), options.encode())  # fmt: skip
    check(result, f"mount on {target}")


def write(path: str, text: str) -> None:
    """Write a setting of the kernel."""
    with open(path, "w") as file:
        file.write(text)


# --- a child on its way to be a sandbox ---------------------------------------------------------


def enter_namespaces() -> None:
    """Leave the template's name spaces; that of processes begins with the next fork."""
    uid, gid = os.getuid(), os.getgid()
    flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET
    check(libc.unshare(flags), "own name spaces")
    # The kernel closes /proc/self to a process whose rights have changed.
    check(prctl(PR_SET_DUMPABLE, 1), "dumpable")
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"{uid} {uid} 1")
    write("/proc/self/gid_map", f"{gid} {gid} 1")


def arrange_files(request: dict[str, Any]) -> None:
    """Mount what is the job's own, and cover what is not its business."""
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    for path, size in ROOM.items():
        mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, f"mode=0755,size={request[size]}")
    for name in ("code", "input"):
        mount(f"/slots/{request['folder']}/{name}", f"/{name}", None, MS_BIND)
        mount("none", f"/{name}", None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    # Of this user name space only: nobody in it can make another one.
    write("/proc/sys/user/max_user_namespaces", "0")
    for name in request["hidden"]:
        mount("/dev/null", f"/proc/{name}", None, MS_BIND)
    for path in HIDDEN_FOLDERS:
        mount("tmpfs", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "mode=0555,size=4k")


def raise_loopback() -> None:
    """Make 127.0.0.1 work in the new network name space."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP | IFF_RUNNING))


def give_up_rights(program: bytes) -> None:
    """Drop all capabilities for good, and load the system call filter."""
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    for number in range(LAST_CAPABILITY + 1):
        prctl(PR_CAPBSET_DROP, number)  # fails beyond the last one that the kernel knows
    header = struct.pack("Ii", LINUX_CAPABILITY_VERSION_3, 0)
    check(libc.capset(header, bytes(24)), "no capabilities")
    check(prctl(PR_SET_NO_NEW_PRIVS, 1), "no new privileges")
    code = ctypes.create_string_buffer(program, len(program))
    filter_ = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_, 0, 0), "system call filter")
    check(prctl(PR_SET_DUMPABLE, 1), "dumpable")


def become_sandbox(requests: socket.socket, request: dict[str, Any], fds: list[int]) -> bool:
    """Be the first process of a sandbox; return whether all went well.

    The parent of this process has entered the name spaces already.
    """
    try:
        arrange_files(request)
        raise_loopback()
        give_up_rights(os.pread(fds[FILTER], 65536, 0))
        for target, fd in enumerate(fds[: STDERR + 1]):
            os.dup2(fd, target)
        own = os.pidfd_open(os.getpid())
        socket.send_fds(requests, [b"agent"], [own])
        os.close(own)
    except OSError as error:
        requests.send(f"error {error}".encode())
        return False
    return True


def new_sandbox(requests: socket.socket, request: dict[str, Any], fds: list[int]) -> bool:
    """Make a sandbox; return True in its first process, and False in none but that of a failure."""
    try:
        enter_namespaces()
    except OSError as error:
        requests.send(f"error {error}".encode())
        os._exit(1)
    if os.fork() != 0:
        os._exit(0)
    if not become_sandbox(requests, request, fds):
        os._exit(1)
    return True


# --- the template -------------------------------------------------------------------------------


def load_agent() -> dict[str, Any]:
    """Return what the agent's program defines, without running it."""
    names: dict[str, Any] = {"__name__": "agent", "__builtins__": __builtins__}
    with open(AGENT, "rb") as file:
        exec(marshal.loads(file.read()[PYC_HEADER:]), names)
    return names


def serve(requests: socket.socket) -> list[int]:
    """Answer requests; return in each child with its descriptors, in the template never."""
    while True:
        packet, fds, _, _ = socket.recv_fds(requests, MAX_PACKET, MAX_FDS, socket.MSG_CMSG_CLOEXEC)
        if not packet:
            os._exit(0)
        child = os.fork()
        if child == 0 and new_sandbox(requests, json.loads(packet), fds):
            return fds
        os.waitpid(child, 0)
        for fd in fds:
            os.close(fd)


def reseed() -> None:
    """Let no two jobs draw the same numbers; `random` sees to that itself."""
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()


def main() -> None:
    """Import, say so, and serve; each child goes on as an agent."""
    agent = load_agent()
    requests, preload = socket.socket(fileno=int(sys.argv[1])), sys.argv[2]
    agent["prepare"](preload, is_warm=True)
    requests.send(b"ready")
    fds = serve(requests)
    requests.close()
    reseed()
    agent["main"](fds[CONTROL], fds[RUNNER], fds[MESSAGES], None, is_warm=True)


main()
