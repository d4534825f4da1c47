"""Folders that strangers may have filled, handled without following links."""

import ctypes
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ENTRY_BYTES: Final = 4096
"""What an entry costs at least, so that millions of empty files count too."""


def walk(root: Path) -> Iterator[os.DirEntry[str]]:
    """Yield everything below a folder, each folder before what is in it.

    Not `os.walk`, which holds a descriptor or a frame for each level of a deep tree.
    """
    pending = [os.fspath(root)]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                found = list(entries)
        except (FileNotFoundError, NotADirectoryError):
            continue  # the installer is at work
        yield from found
        pending += [entry.path for entry in found if entry.is_dir(follow_symlinks=False)]


def tree_bytes(root: Path) -> int:
    """Measure what a folder takes on the disk."""
    total = 0
    for entry in walk(root):
        try:
            blocks = entry.stat(follow_symlinks=False).st_blocks
        except FileNotFoundError:
            continue
        total += max(blocks * 512, ENTRY_BYTES)
    return total


def free_bytes(folder: Path) -> int:
    """Say how much more the file system of a folder can take, entries included."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize + status.f_favail * ENTRY_BYTES


def give(root: Path, uid: int) -> None:
    """Hand a folder with all that is in it to an account, unless it has it already."""
    if root.stat().st_uid == uid:
        return
    for entry in walk(root):
        os.chown(entry.path, uid, uid, follow_symlinks=False)
    os.chown(root, uid, uid)


def seal(root: Path) -> int:
    """Take a filled folder back: readable for everybody, writable for nobody.

    Links, sockets and the like are dropped: no package has them, and a link could lead a reader
    out of the folder.

    Returns:
        The size in bytes.
    """
    own = (os.geteuid(), os.getegid())
    os.chown(root, *own)
    total = 0
    folders = [os.fspath(root)]
    for entry in walk(root):
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            os.chown(entry.path, *own, follow_symlinks=False)
            folders.append(entry.path)
        elif stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
            os.chown(entry.path, *own, follow_symlinks=False)
            Path(entry.path).chmod(0o555 if status.st_mode & stat.S_IXUSR else 0o444)
        else:
            Path(entry.path).unlink()
            continue
        total += max(status.st_blocks * 512, ENTRY_BYTES)
    # Last, as nothing can be taken out of a folder that can't be written.
    for folder in folders:
        Path(folder).chmod(0o755)
    return total


def sync(folder: Path) -> None:
    """Have the disk keep what a folder's file system holds, so that no crash empties files."""
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        ctypes.CDLL(None).syncfs(fd)
    finally:
        os.close(fd)


def remove(root: Path) -> None:
    """Remove a folder with all that is in it; nothing if it is not there.

    Strangers may have made folders that can't be read, or nested deeper than any path is long:
    `rm` copes with that.
    """
    if root.exists():
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            subprocess.run([*command, "--", root], check=False, capture_output=True)
