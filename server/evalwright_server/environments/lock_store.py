"""What requirements stood for when they were last resolved, for as long as that counts."""

import json
import secrets
from collections.abc import Callable, Sequence

from evalwright_server.environments.layout import Layout, lock_name
from evalwright_server.environments.settings import PackageSettings


class LockStore:
    """Locks on disk, one file each, shared by all processes."""

    def __init__(
        self, layout: Layout, settings: PackageSettings, clock: Callable[[], float]
    ) -> None:
        """Use a folder that may not be there yet."""
        self._layout = layout
        self._settings = settings
        self._clock = clock

    def find(self, requirements: Sequence[str]) -> str | None:
        """Return the lock of some requirements, unless it is missing or too old.

        Args:
            requirements: In canonical form.
        """
        path = self._layout.lock(lock_name(requirements, self._settings))
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        age = self._clock() - stored["resolved_at"]
        # A clock that was set back must not keep a lock for ever.
        return stored["lock"] if 0 <= age < self._settings.lock_seconds else None

    def keep(self, requirements: Sequence[str], lock: str) -> None:
        """Keep a lock."""
        path = self._layout.lock(lock_name(requirements, self._settings))
        stored = {"requirements": requirements, "lock": lock, "resolved_at": self._clock()}
        unfinished = path.with_suffix(f".{secrets.token_hex(4)}")
        unfinished.write_text(json.dumps(stored), encoding="utf-8")
        unfinished.rename(path)
