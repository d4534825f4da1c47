"""Files that come in pieces: where they go, and whether they are what was sent."""

import hashlib
import re
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import BinaryIO

from evalwright._errors.invalid import FieldError, InvalidRequest
from evalwright._errors.jobs import ChecksumMismatch
from evalwright._fields import shown


def place(to: str | PathLike[str], name: str) -> Path:
    """Give the path of a file to write.

    Args:
        to: A path; in a folder that exists, the file gets its own name.
        name: The file's own name, which a server may have made up.

    Raises:
        InvalidRequest: The name would lead out of the folder.
    """
    path = Path(fspath(to))
    if not path.is_dir():
        return path
    if name in {"", ".", ".."} or re.search(r"[/\\\x00]", name):
        raise InvalidRequest([FieldError("name", "is no name of a file", shown(name))])
    return path / name


def digest_in(etag: str | None) -> str | None:
    """Read the SHA-256 that an ETag is; None if it is something else."""
    found = re.fullmatch(r'(?:W/)?"([0-9a-f]{64})"', etag or "")
    return found[1] if found else None


def verify(content: bytes, digest: str | None, name: str) -> bytes:
    """Give content that is what was sent.

    Raises:
        ChecksumMismatch: It is not.
    """
    if digest is not None and (found := hashlib.sha256(content).hexdigest()) != digest:
        raise ChecksumMismatch(name=name, expected=digest, found=found)
    return content


class PartialFile:
    """A file on its way; until it is complete it has `.part` at the end of its name.

    Args:
        target: Where it goes.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._part = target.with_name(f"{target.name}.part")
        self._file: BinaryIO | None = None
        self.digest: str | None = None

    @property
    def size(self) -> int:
        """How many bytes are here, from this call or one before."""
        return self._part.stat().st_size if self._part.exists() else 0

    @property
    def missing(self) -> str | None:
        """The header `Range` that asks for the rest; None for all of it."""
        return f"bytes={self.size}-" if self.size else None

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Open it for what an answer brings: the rest, or all of it."""
        self.digest = digest_in(headers.get("ETag"))
        starts = f"bytes {self.size}-"
        is_rest = status == 206 and (headers.get("Content-Range") or "").startswith(starts)
        self._file = self._part.open("ab" if is_rest else "wb")

    def write(self, piece: bytes) -> None:
        """Take the next bytes."""
        if self._file is not None:
            self._file.write(piece)

    def end(self) -> None:
        """Close it; what is here stays here."""
        if self._file is not None:
            self._file.close()

    def finish(self, name: str) -> Path:
        """Check it and give it its name.

        Raises:
            ChecksumMismatch: It is not what was sent; nothing is left of it.
        """
        with self._part.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if self.digest is not None and found != self.digest:
            self.discard()
            raise ChecksumMismatch(name=name, expected=self.digest, found=found)
        return self._part.replace(self._target)

    def discard(self) -> None:
        """Throw away what is here."""
        self._part.unlink(missing_ok=True)
