"""Memory of a server and of its workers, as Linux counts it."""

from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_WORKER = b"evalwright_server.runs.worker_process"


@dataclass(frozen=True)
class Memory:
    """The most memory that processes had at one time, in MB.

    Attributes:
        server: The server's.
        worker: That of its largest worker.
    """

    server: float
    worker: float


def forget_peaks(server: int) -> None:
    """Start counting peaks anew.

    Args:
        server: Process ID of a server.
    """
    for pid in (server, *_workers(server)):
        (_PROC / str(pid) / "clear_refs").write_text("5")


def peaks(server: int) -> Memory:
    """Return the peaks since they were forgotten."""
    return Memory(_peak(server), max((_peak(pid) for pid in _workers(server)), default=0))


def _peak(pid: int) -> float:
    status = (_PROC / str(pid) / "status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


def _workers(server: int) -> list[int]:
    found = []
    for folder in _PROC.glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes()
        except (OSError, ProcessLookupError):
            continue
        if parent == server and _WORKER in command:
            found.append(int(folder.name))
    return found
