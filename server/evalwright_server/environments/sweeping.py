"""Listing and removing environments."""

import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from evalwright_server.environments.environment import EnvironmentInfo, EnvironmentRecord
from evalwright_server.environments.errors import EnvironmentInUse, UnknownEnvironment
from evalwright_server.environments.layout import DISCARDED, RECORD, UNFINISHED, Layout
from evalwright_server.environments.leases import Lease, claim
from evalwright_server.environments.trees import remove, tree_bytes

KEY: Final = re.compile(r"[0-9a-f]{64}")
NEW_SECONDS: Final = 60.0
"""So long after it was made, an installer certainly holds its folder."""


def list_environments(layout: Layout) -> list[EnvironmentInfo]:
    """List what is there, the newest first."""
    found = [info for folder in folders(layout) if (info := read_info(folder)) is not None]
    return sorted(found, key=lambda info: info.record.created_at, reverse=True)


def folders(layout: Layout) -> Iterator[Path]:
    """Yield the folders of finished environments."""
    with suppress(FileNotFoundError):
        yield from (each for each in layout.packages.iterdir() if KEY.fullmatch(each.name))


def read_info(folder: Path) -> EnvironmentInfo | None:
    """Read about one environment; None when it is gone."""
    try:
        record = EnvironmentRecord.read(folder)
        last_used_at = (folder / RECORD).stat().st_mtime
    except FileNotFoundError:
        return None
    lease = claim(folder / "site-packages")
    if lease is not None:
        lease.close()
    return EnvironmentInfo(folder.name, record, last_used_at, in_use=lease is None)


def remove_environment(layout: Layout, key: str) -> None:
    """Remove one environment.

    Raises:
        UnknownEnvironment: There is none of that key.
        EnvironmentInUse: A job runs with it.
    """
    if not KEY.fullmatch(key) or not layout.environment(key).is_dir():
        raise UnknownEnvironment(f"There is no environment {key!r} on this host.")
    lease = claim(layout.site_packages(key))
    if lease is None:
        raise EnvironmentInUse(f"A job runs with environment {key}; wait for its end.")
    discard(layout.environment(key), lease)


def discard(folder: Path, lease: Lease) -> None:
    """Remove a folder that is claimed: out of everybody's sight first."""
    moved = folder.with_name(f"{folder.name}{DISCARDED}{secrets.token_hex(4)}")
    with lease:
        folder.rename(moved)
    remove(moved)


class Sweep:
    """One round of tidying up."""

    def __init__(self, layout: Layout, now: float) -> None:
        """Prepare.

        Args:
            layout: Where to tidy up.
            now: The Unix time.
        """
        self._layout = layout
        self._now = now

    def run(self, max_age: float, max_bytes: int) -> list[str]:
        """Remove what is too old or too much; see `Environments.sweep`."""
        found = sorted(list_environments(self._layout), key=lambda info: info.last_used_at)
        total = sum(info.record.size_bytes for info in found)
        removed = []
        for info in found:
            too_old = self._now - info.last_used_at > max_age
            if (too_old or total > max_bytes) and self._remove(info.key):
                total -= info.record.size_bytes
                removed.append(info.key)
        self._remove_leftovers()
        self._remove_locks(max_age)
        self._empty_cache(max_bytes)
        return removed

    def _remove(self, key: str) -> bool:
        try:
            remove_environment(self._layout, key)
        except (EnvironmentInUse, UnknownEnvironment):
            return False
        return True

    def _remove_leftovers(self) -> None:
        """Clear away what processes that were killed have left."""
        for folder in self._layout.root.glob(f"*{DISCARDED}*"):
            remove(folder)
        for folder in self._layout.packages.iterdir():
            if DISCARDED in folder.name:
                remove(folder)
            elif UNFINISHED in folder.name and self._age(folder) > NEW_SECONDS:
                self._discard_unused(folder)

    def _age(self, path: Path) -> float:
        try:
            return self._now - path.stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def _discard_unused(self, folder: Path) -> None:
        lease = claim(folder)
        if lease is not None:
            discard(folder, lease)

    def _remove_locks(self, max_age: float) -> None:
        for path in self._layout.locks.iterdir():
            if self._age(path) > max(max_age, NEW_SECONDS):
                path.unlink(missing_ok=True)

    def _empty_cache(self, max_bytes: int) -> None:
        if tree_bytes(self._layout.cache) > max_bytes:
            self._discard_unused(self._layout.cache)
