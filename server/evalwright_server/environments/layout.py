"""Where things are below the folder of environments, and what they are called."""

import hashlib
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evalwright_server.environments.settings import PackageSettings

SITE_PACKAGES: Final = "site-packages"
RECORD: Final = "environment.json"
UNFINISHED: Final = ".tmp-"
"""In the name of a folder that is being filled."""
DISCARDED: Final = ".gone-"
"""In the name of a folder that is being removed."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders.

    Attributes:
        root: Holds all of it.
    """

    root: Path

    @property
    def packages(self) -> Path:
        """The environments: one folder each, named by its key."""
        return self.root / "packages"

    @property
    def cache(self) -> Path:
        """What the installer keeps of earlier downloads."""
        return self.root / "cache"

    @property
    def locks(self) -> Path:
        """What requirements stood for when they were last resolved."""
        return self.root / "locks"

    @property
    def gates(self) -> Path:
        """Files to lock, so that processes don't do the same work twice."""
        return self.root / "gates"

    def make(self) -> None:
        """Create the folders. A job's account has to get through, whatever the umask is."""
        for folder in (self.root, self.packages, self.cache, self.locks, self.gates):
            if not folder.is_dir():
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o755)

    def environment(self, key: str) -> Path:
        """The folder of an environment."""
        return self.packages / key

    def site_packages(self, key: str) -> Path:
        """What goes on the path of a job's Python."""
        return self.packages / key / SITE_PACKAGES

    def lock(self, name: str) -> Path:
        """The file that keeps a lock."""
        return self.locks / f"{name}.json"

    def gate(self, work: str, name: str) -> Path:
        """A file to lock for some work on something; several share one, so that they stay few."""
        return self.gates / f"{work}-{name[:2]}"


def python_version() -> str:
    """Return the version of the Python that jobs run with, such as `3.11.7`."""
    return platform.python_version()


def platform_tag() -> str:
    """Name what installed packages depend on: this Python and this machine."""
    return f"{sys.implementation.cache_tag}-{python_version()}-{platform.machine()}"


def lock_name(requirements: Sequence[str], settings: PackageSettings) -> str:
    """Name what the outcome of resolving depends on."""
    parts = [list(requirements), settings.index, list(settings.arguments), settings.source_builds]
    return _digest(json.dumps([*parts, platform_tag()]))


def environment_key(lock: str) -> str:
    """Name what the content of an environment depends on."""
    return _digest(f"{lock}\n{platform_tag()}")


def lock_hash(lock: str) -> str:
    """Name a set of versions, whatever it is installed on."""
    return _digest(lock)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
