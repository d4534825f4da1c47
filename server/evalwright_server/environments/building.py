"""Resolving and installing: the work behind an environment, done by one process at a time."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from evalwright_server.environments.environment import EnvironmentRecord, pinned
from evalwright_server.environments.errors import EnvironmentBuildFailed
from evalwright_server.environments.gates import passed
from evalwright_server.environments.installer import Installer
from evalwright_server.environments.layout import (
    SITE_PACKAGES,
    UNFINISHED,
    Layout,
    lock_hash,
    lock_name,
    python_version,
)
from evalwright_server.environments.leases import share
from evalwright_server.environments.lock_store import LockStore
from evalwright_server.environments.scratch import Scratch
from evalwright_server.environments.settings import PackageSettings
from evalwright_server.environments.trees import remove, seal, sync

logger: Final = logging.getLogger(__name__)

OUTAGE_SECONDS: Final = 300.0
"""How long an index that can't be reached is left alone."""
BUILDS_AT_A_TIME: Final = 2
"""Of one process; an installer uses all processors by itself."""


class Builder:
    """Fills a layout with locks and environments."""

    def __init__(
        self,
        layout: Layout,
        settings: PackageSettings,
        locks: LockStore,
        clock: Callable[[], float],
    ) -> None:
        """Do nothing yet.

        Args:
            layout: Where things go.
            settings: How packages are installed.
            locks: Where locks are kept.
            clock: Tells the Unix time.
        """
        self._layout = layout
        self._settings = settings
        self._locks = locks
        self._clock = clock
        self._installer = Installer(settings)
        self._places = asyncio.Semaphore(BUILDS_AT_A_TIME)

    async def resolve(self, requirements: tuple[str, ...]) -> str:
        """Ask the index what requirements stand for, unless somebody has just done so.

        Args:
            requirements: In canonical form.

        Returns:
            The lock. It is kept.

        Raises:
            EnvironmentBuildFailed: They can't be resolved.
            SandboxUnavailable: This host has no sandbox to do it in.
        """
        name = lock_name(requirements, self._settings)
        async with self._places, passed(self._layout.gate("lock", name)):
            found = self._locks.find(requirements)
            if found is not None and found.is_fresh:
                return found.lock
            seconds = self._settings.lock_seconds
            try:
                with Scratch(self._layout, self._settings) as scratch:
                    lock = await self._installer.lock(requirements, scratch.cache)
            except EnvironmentBuildFailed as error:
                installed = self._locks.find_installed(requirements)
                if installed is None or not error.is_outage:
                    raise
                logger.warning("%s What is installed is used meanwhile.", error.advice)
                lock, seconds = installed, min(seconds, OUTAGE_SECONDS)
            self._locks.keep(requirements, lock, seconds)
            return lock

    async def build(self, key: str, lock: str, requirements: tuple[str, ...]) -> bool:
        """Install what is locked, unless it is there.

        Args:
            key: Of the environment.
            lock: What to install.
            requirements: What was asked for.

        Returns:
            Whether it was not there.

        Raises:
            EnvironmentBuildFailed: It can't be installed.
            SandboxUnavailable: This host has no sandbox to do it in.
        """
        async with self._places, passed(self._layout.gate("build", key)):
            if self._layout.site_packages(key).exists():
                return False
            # Whatever is left of earlier tries is nobody's, as this is the only one now.
            for leftover in self._layout.packages.glob(f"{key}{UNFINISHED}*"):
                await asyncio.to_thread(remove, leftover)
            folder = self._layout.packages / f"{key}{UNFINISHED}{secrets.token_hex(4)}"
            try:
                await self._fill(folder, lock, requirements)
                folder.rename(self._layout.environment(key))
            finally:
                await asyncio.to_thread(remove, folder)
            return True

    async def _fill(self, folder: Path, lock: str, requirements: tuple[str, ...]) -> None:
        target = folder / SITE_PACKAGES
        for each in (folder, target):
            each.mkdir()
            each.chmod(0o755)
        with share(folder) or nullcontext(), Scratch(self._layout, self._settings) as scratch:
            await self._installer.install(lock, scratch.cache, target)
        try:
            size = await asyncio.to_thread(seal, target)
        except OSError as error:
            raise EnvironmentBuildFailed(
                f"The packages hold something that can't be kept ({error.strerror}).",
                "Ask for other versions.",
            ) from error
        EnvironmentRecord(
            requirements=requirements,
            packages=tuple(pinned(lock)),
            python_version=python_version(),
            lock_hash=lock_hash(lock),
            size_bytes=size,
            created_at=self._clock(),
        ).write(folder)
        await asyncio.to_thread(sync, folder)
