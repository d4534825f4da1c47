"""What requirements stood for when they were last resolved, for as long as that counts."""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evalwright_server.environments.layout import Layout, environment_key, lock_name
from evalwright_server.environments.settings import PackageSettings


@dataclass(frozen=True, slots=True)
class StoredLock:
    """A lock that was found.

    Attributes:
        lock: Versions with hashes.
        is_fresh: Whether the index need not be asked again.
    """

    lock: str
    is_fresh: bool


class LockStore:
    """Locks on disk, one file each, shared by all processes."""

    def __init__(
        self, layout: Layout, settings: PackageSettings, clock: Callable[[], float]
    ) -> None:
        """Use a folder that may not be there yet."""
        self._layout = layout
        self._settings = settings
        self._clock = clock

    def find(self, requirements: Sequence[str]) -> StoredLock | None:
        """Return the lock of some requirements, if they were ever resolved.

        Args:
            requirements: In canonical form.
        """
        path = self._layout.lock(lock_name(requirements, self._settings))
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        left = stored["fresh_until"] - self._clock()
        # A clock that was set back must not keep a lock fresh for ever.
        return StoredLock(stored["lock"], is_fresh=0 < left <= self._settings.lock_seconds)

    def find_installed(self, requirements: Sequence[str]) -> str | None:
        """Return the lock of some requirements, however old, if its packages are there."""
        found = self.find(requirements)
        if found is None:
            return None
        key = environment_key(found.lock)
        return found.lock if self._layout.site_packages(key).is_dir() else None

    def keep(self, requirements: Sequence[str], lock: str, seconds: float) -> None:
        """Keep a lock, fresh for so many seconds."""
        path = self._layout.lock(lock_name(requirements, self._settings))
        stored = {
            "requirements": requirements,
            "lock": lock,
            "fresh_until": self._clock() + seconds,
        }
        unfinished = path.with_suffix(f".{secrets.token_hex(4)}")
        unfinished.write_text(json.dumps(stored), encoding="utf-8")
        unfinished.rename(path)
