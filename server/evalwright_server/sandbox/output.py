"""What a job left in /output, read when nothing of it is alive any more.

The folder is the job's own: its names, kinds and contents are hostile. It is only ever reached
through a descriptor of the directory itself, so no path of the host takes part; a file counts if it
is a regular one, with one name, opened without following links and without waiting for anybody.
"""

import hashlib
import mimetypes
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import TracebackType
from typing import Final, Self

CHUNK: Final = 256 * 1024
LONGEST_LOOK: Final = 20_000
"""Entries of the folder that are looked at."""
LEFT_OUT_SHOWN: Final = 100
"""So many files that are not kept are named."""
_OPEN: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


@dataclass(frozen=True, slots=True)
class ArtifactLimits:
    """How much is kept of what a job left.

    Attributes:
        count: How many files.
        size: Bytes of the largest one.
        total: Bytes of all of them together.
    """

    count: int
    size: int
    total: int


@dataclass(frozen=True, slots=True)
class CollectedFile:
    """A file that is kept.

    Attributes:
        name: Its name.
        size: Its bytes.
        sha256: Digest of its content, in hexadecimal digits.
        content_type: Its media type by its name, if that tells.
    """

    name: str
    size: int
    sha256: str
    content_type: str | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is not kept.

    Attributes:
        name: Its name, as far as it can be shown.
        reason: Why.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Collection:
    """What was found in a folder, both in the order of names."""

    files: list[CollectedFile]
    left_out: list[LeftOut]


class Refused(Exception):
    """A file is not kept, for the reason given."""


class OutputDirectory:
    """A job's /output. Use it as a context, or call `close`: that frees its memory.

    Args:
        fd: Descriptor of the directory, which belongs to this object from now on.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the directory back; closing twice is fine."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def collect(self, limits: ArtifactLimits) -> Collection:
        """Find the files that are kept: regular ones, directly in the folder.

        The budget goes to `result.json` first, then to the others in the order of their names.
        """
        if self._fd < 0:
            return Collection([], [])
        names, is_complete = self._names()
        files: list[CollectedFile] = []
        left_out: list[LeftOut] = []
        room = limits.total
        for name in sorted(names, key=lambda name: (name != b"result.json", name)):
            try:
                file = self._collect(name, limits, room, len(files))
            except Refused as refusal:
                left_out.append(LeftOut(shown(name), str(refusal)))
                continue
            room -= file.size
            files.append(file)
        if not is_complete:
            left_out.append(LeftOut("…", f"no more than {LONGEST_LOOK} entries are looked at"))
        files.sort(key=lambda file: file.name)
        return Collection(files, left_out[:LEFT_OUT_SHOWN])

    def _names(self) -> tuple[list[bytes], bool]:
        names: list[bytes] = []
        try:
            if not stat.S_ISDIR(os.fstat(self._fd).st_mode):
                return names, True
            # The job may have closed the folder itself, to all but root.
            os.fchmod(self._fd, 0o700)
            # By descriptor, names come as text with undecodable bytes escaped.
            with os.scandir(self._fd) as entries:
                for entry in entries:
                    if len(names) == LONGEST_LOOK:
                        return names, False
                    names.append(os.fsencode(entry.name))
        except OSError:
            return names, False
        return names, True

    def _collect(self, name: bytes, limits: ArtifactLimits, room: int, kept: int) -> CollectedFile:
        if kept >= limits.count:
            raise Refused(f"more than {limits.count} files")
        text = acceptable(name)
        digest, size = hashlib.sha256(), 0
        # Thousands of files that are all holes must not be read up to the limit each.
        check_size(self._size(name), limits, room)
        for chunk in self._read(name):
            size += len(chunk)
            check_size(size, limits, room)
            digest.update(chunk)
        kind, _ = mimetypes.guess_type(PurePosixPath(text).name)
        return CollectedFile(text, size, digest.hexdigest(), kind)

    def _size(self, name: bytes) -> int:
        try:
            return os.stat(name, dir_fd=self._fd, follow_symlinks=False).st_size
        except OSError as error:
            raise Refused(f"it can't be looked at ({error.strerror})") from error

    def read(self, name: str) -> Iterator[bytes]:
        """Read a file that was collected.

        Raises:
            FileNotFoundError: It was not.
        """
        try:
            yield from self._read(os.fsencode(acceptable(os.fsencode(name))))
        except Refused as refusal:
            raise FileNotFoundError(f"{name!r}: {refusal}") from None

    def _read(self, name: bytes) -> Iterator[bytes]:
        fd = self._open(name)
        try:
            check_kind(os.fstat(fd))
            while chunk := os.read(fd, CHUNK):
                yield chunk
        except OSError as error:
            raise Refused(f"it can't be read ({error.strerror})") from error
        finally:
            os.close(fd)

    def _open(self, name: bytes) -> int:
        # Looked at before it is opened, as opening a device or socket may have effects.
        try:
            check_kind(os.stat(name, dir_fd=self._fd, follow_symlinks=False))
            try:
                return os.open(name, _OPEN, dir_fd=self._fd)
            except PermissionError:
                # The job took its own account's right to read away; it is dead and can't mind.
                os.chmod(name, 0o600, dir_fd=self._fd)
                return os.open(name, _OPEN, dir_fd=self._fd)
        except OSError as error:
            raise Refused(f"it can't be opened ({error.strerror})") from error


def check_kind(found: os.stat_result) -> None:
    """Refuse what is no ordinary file.

    Raises:
        Refused: Saying what it is.
    """
    if stat.S_ISDIR(found.st_mode):
        raise Refused("it is a folder")
    if stat.S_ISLNK(found.st_mode):
        raise Refused("it is a symbolic link")
    if not stat.S_ISREG(found.st_mode):
        raise Refused("it is no regular file")
    if found.st_nlink != 1:
        raise Refused("it has several names (hard links)")


def check_size(size: int, limits: ArtifactLimits, room: int) -> None:
    """Refuse what is too large.

    Raises:
        Refused: Saying for what.
    """
    if size > limits.size:
        raise Refused(f"larger than {limits.size} bytes")
    if size > room:
        raise Refused("no room is left for it among all files")


def acceptable(name: bytes) -> str:
    """Return a name as text.

    Raises:
        Refused: It is none that can be shown and asked for.
    """
    try:
        text = name.decode()
    except UnicodeDecodeError:
        raise Refused("its name is no UTF-8") from None
    if text.startswith("."):
        raise Refused("its name begins with a dot")
    if "/" in text or "\\" in text:
        raise Refused("its name has a slash or backslash")
    if any(not character.isprintable() and character != " " for character in text):
        raise Refused("its name has control characters")
    return text


def shown(name: bytes) -> str:
    """Return a name fit to be shown, whatever is in it."""
    text = name.decode(errors="backslashreplace")
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return safe[:255]
