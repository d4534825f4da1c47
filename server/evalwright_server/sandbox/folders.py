"""Folders on the host through which sandboxes that stand ready get their job.

A sandbox is made before its job is known, with two empty folders bound into it, read-only from
inside. The job's files are written there from outside. When the server is root, its sandboxes have
other accounts, which must pass these folders: then nobody may list them, and their names can't be
guessed.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Final, Self

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the name is made by mkdtemp
PREFIX: Final = "evalwright-sandbox-"
OWNER: Final = "owner"
"""Locked as long as the server is alive to which a directory belongs."""


class SlotFolder:
    """The folder of one sandbox.

    Attributes:
        name: Its name, which can't be guessed.
        code: Bound at /code.
        input: Bound at /input.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path
        self.code = path / "code"
        self.input = path / "input"
        for folder in (path, self.code, self.input):
            folder.mkdir()
            folder.chmod(0o755)  # whatever the umask says

    def write(self, script: str, files: Mapping[str, bytes]) -> None:
        """Put a job's files there.

        Raises:
            ValueError: A name is more than that of a file.
        """
        write(self.code / "main.py", script.encode("utf-8", "surrogatepass"))
        for name, content in files.items():
            if "/" in name or name in ("", ".", ".."):
                raise ValueError(f"{name!r} is no plain file name")
            write(self.input / name, content)

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self._path, ignore_errors=True)


class SlotFolders:
    """The folders of all sandboxes of a server process."""

    def __init__(self) -> None:
        base = MEMORY if os.access(MEMORY, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
        sweep(base)
        self._path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        if os.geteuid() == 0:
            self._path.chmod(0o711)
        self._owner = (self._path / OWNER).open("w")
        fcntl.flock(self._owner, fcntl.LOCK_EX)

    @property
    def path(self) -> Path:
        """Where they all are."""
        return self._path

    def new(self) -> SlotFolder:
        """Make a folder."""
        return SlotFolder(self._path / token_hex(16))

    def close(self) -> None:
        """Remove them all."""
        self._owner.close()
        shutil.rmtree(self._path, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def write(path: Path, content: bytes) -> None:
    """Make a file that all may read, whatever the umask says."""
    with path.open("xb", buffering=0) as file:
        os.fchmod(file.fileno(), 0o444)
        view = memoryview(content)
        while view:
            view = view[file.write(view) :]


def sweep(base: Path) -> None:
    """Remove what servers left that were killed."""
    for path in base.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if path.stat().st_uid != os.geteuid():
                continue
            with (path / OWNER).open("r+") as owner:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
