"""Reading and writing the files of a cgroup file system, without what buffering costs."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Final

MEMBERS: Final = "cgroup.procs"
LONGEST: Final = 1 << 16


def write(directory: Path, name: str, value: str | int) -> None:
    """Set a value.

    Raises:
        OSError: There is no such file, or the kernel does not take the value.
    """
    fd = os.open(f"{directory}/{name}", os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, str(value).encode())
    finally:
        os.close(fd)


def write_if_there(directory: Path, name: str, value: str | int) -> None:
    """Set a value that some kernels don't know, such as one about swap space."""
    with suppress(FileNotFoundError):
        write(directory, name, value)


def read(directory: Path, name: str) -> str:
    """Return a value; empty if there is none."""
    try:
        fd = os.open(f"{directory}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    try:
        return os.read(fd, LONGEST).decode()
    except OSError:  # the group was removed meanwhile
        return ""
    finally:
        os.close(fd)


def read_number(directory: Path, name: str) -> int:
    """Return a value that is a number; 0 if there is none."""
    text = read(directory, name).strip()
    return int(text) if text.isdigit() else 0


def read_field(directory: Path, name: str, field: str) -> int:
    """Return one of the lines `field number` of a file; 0 if there is none."""
    for line in read(directory, name).splitlines():
        key, _, value = line.partition(" ")
        if key == field:
            return int(value)
    return 0


def members(directory: Path) -> list[int]:
    """List the processes that are directly in a group.

    Those of other process ID namespaces are called 0, which for `kill` means this very process.
    """
    return [int(line) for line in read(directory, MEMBERS).split() if line != "0"]


def kill_members(directory: Path) -> None:
    """Send SIGKILL to each process that is directly in a group."""
    for pid in members(directory):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
