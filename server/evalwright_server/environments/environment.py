"""An environment: a folder of packages that many jobs read."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from evalwright_server.environments.layout import RECORD
from evalwright_server.environments.leases import Lease

_PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+==[^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class BuiltEnvironment:
    """An environment that can be used, and can't be removed meanwhile.

    Use it as a context manager, or call `close` at the end.

    Attributes:
        key: Its name.
        site_packages: The folder to show to a job.
        lock_hash: SHA-256 of its versions and hashes.
        was_built: Whether this process has installed it for this call or one at the same time.
        seconds: How long it took to have it.
        lease: Keeps it from being removed.
    """

    key: str
    site_packages: Path
    lock_hash: str
    was_built: bool
    seconds: float
    lease: Lease = field(repr=False, compare=False)

    def close(self) -> None:
        """Let others remove it."""
        self.lease.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class EnvironmentRecord:
    """What is written down beside the packages.

    Attributes:
        requirements: What was asked for first.
        packages: What is installed, as `name==version`.
        python_version: Which Python it is for.
        lock_hash: SHA-256 of the lock.
        size_bytes: Size on disk.
        created_at: Unix time at which it was built.
    """

    requirements: tuple[str, ...]
    packages: tuple[str, ...]
    python_version: str
    lock_hash: str
    size_bytes: int
    created_at: float

    def write(self, folder: Path) -> None:
        """Write it into an environment's folder."""
        (folder / RECORD).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read it back.

        Raises:
            OSError: The folder is gone.
        """
        values = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        lists = {name: tuple(values[name]) for name in ("requirements", "packages")}
        return cls(**{**values, **lists})


@dataclass(frozen=True, slots=True)
class EnvironmentInfo:
    """An environment as it is listed.

    Attributes:
        key: Its name.
        record: What is known about it.
        last_used_at: Unix time at which a job last asked for it.
        in_use: Whether it can't be removed now.
    """

    key: str
    record: EnvironmentRecord
    last_used_at: float
    in_use: bool


def pinned(lock: str) -> Sequence[str]:
    """List the versions in a lock."""
    return _PINNED.findall(lock)
