"""Things of the host that no job may reach, planted by whoever runs the corpus."""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from evalwright_server.attack.case import Sightings

NAMESPACES: Final = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")
BACKLOG: Final = 16


@dataclass
class Canaries:
    """What is planted.

    Attributes:
        secret: Is in every canary that can hold a text.
        places: Where they are, for the programs to try.
    """

    secret: str
    places: dict[str, Any] = field(default_factory=dict)
    _folder: Path = Path()
    _listeners: dict[str, socket.socket] = field(default_factory=dict)
    _process: "subprocess.Popen[bytes] | None" = None
    _state: str = ""

    def sightings(self, mark: str = "") -> Sightings:
        """Look after them.

        Args:
            mark: What a case's processes have among their arguments; none may be left.
        """
        touched = [name for name, listener in self._listeners.items() if _was_reached(listener)]
        state = _state_of(self._folder)
        if state != self._state:
            touched.append(f"files: {state}, were {self._state}")
            self._state = state
        if self._process is not None and self._process.poll() is not None:
            touched.append(f"the process ended with {self._process.returncode}")
        return Sightings(tuple(touched), tuple(_marked(mark)) if mark else ())


@contextmanager
def plant() -> Iterator[Canaries]:
    """Plant canaries that stay until the context ends."""
    secret = f"secret-{secrets.token_hex(12)}"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="evalwright-canary-")))
        canaries = Canaries(secret, _folder=folder)
        _plant_files(canaries, stack)
        _plant_sockets(canaries, stack)
        _plant_process(canaries, stack)
        canaries.places["hostname"] = socket.gethostname()
        canaries.places["namespaces"] = dict(_namespaces())
        canaries._state = _state_of(folder)
        yield canaries


def _plant_files(canaries: Canaries, stack: ExitStack) -> None:
    """Put files where everybody could read and write them, but for the sandbox."""
    folder = canaries._folder
    folder.chmod(0o777)
    file = folder / "secret.txt"
    file.write_text(canaries.secret)
    file.chmod(0o666)
    shared = Path("/dev/shm") / f"evalwright-canary-{os.getpid()}"  # noqa: S108
    with suppress(OSError):
        shared.write_text(canaries.secret)
        stack.callback(shared.unlink, missing_ok=True)
    canaries.places |= {"file": str(file), "folder": str(folder), "shared_file": str(shared)}


def _plant_sockets(canaries: Canaries, stack: ExitStack) -> None:
    """Listen where a job that shares the host's network or files could knock."""
    path = str(canaries._folder / "socket")
    name = f"evalwright-canary-{canaries.secret[-8:]}"
    kinds: dict[str, tuple[socket.AddressFamily, socket.SocketKind, Any]] = {
        "tcp": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        "tcp6": (socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
        "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        "unix": (socket.AF_UNIX, socket.SOCK_STREAM, path),
        "abstract": (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{name}"),
    }
    for key, (family, kind, address) in kinds.items():
        try:
            listener = stack.enter_context(socket.socket(family, kind))
            listener.bind(address)
        except OSError:
            continue  # no IPv6 here
        listener.setblocking(False)
        if kind is socket.SOCK_STREAM:
            listener.listen(BACKLOG)
        canaries._listeners[key] = listener
        canaries.places[key] = (
            listener.getsockname()[1] if family is not socket.AF_UNIX else address.lstrip("\0")
        )
    Path(path).chmod(0o777)


def _plant_process(canaries: Canaries, stack: ExitStack) -> None:
    """Start a process that has the secret in its environment, and waits."""
    process = stack.enter_context(
        subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", "import sys; sys.stdin.read()"],
            stdin=subprocess.PIPE,
            env={"CANARY": canaries.secret},
        )
    )
    stack.callback(process.kill)
    canaries._process = process
    canaries.places["pid"] = process.pid


def _namespaces() -> Iterator[tuple[str, str]]:
    for name in NAMESPACES:
        with suppress(OSError):
            yield name, str(Path("/proc/self/ns", name).readlink())


def _was_reached(listener: socket.socket) -> bool:
    with suppress(BlockingIOError):
        if listener.type == socket.SOCK_DGRAM:
            listener.recv(1)
        else:
            listener.accept()[0].close()
        return True
    return False


def _state_of(folder: Path) -> str:
    """Say all about the planted files that a job could have changed."""
    names = sorted(path.name for path in folder.iterdir())
    file = folder / "secret.txt"
    try:
        status = file.stat()
        content = file.read_bytes().decode(errors="replace")
    except OSError as error:
        return f"{names} {error}"
    return f"{names} {content!r} {status.st_mode:o} {status.st_mtime_ns} {status.st_nlink}"


def _marked(mark: str) -> Iterator[int]:
    """Find processes by a word in their command line, whatever namespace they are in."""
    for place in Path("/proc").iterdir():
        if not place.name.isdigit() or int(place.name) == os.getpid():
            continue
        with suppress(OSError):
            if mark.encode() in (place / "cmdline").read_bytes():
                yield int(place.name)
