"""Environments by requirements: found, or built once whoever asks, and however many."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Self

from evalwright_server.environments.building import Builder
from evalwright_server.environments.environment import BuiltEnvironment, EnvironmentInfo
from evalwright_server.environments.errors import EnvironmentBuildFailed
from evalwright_server.environments.gates import POLL_SECONDS
from evalwright_server.environments.layout import (
    RECORD,
    Layout,
    environment_key,
    lock_hash,
    lock_name,
)
from evalwright_server.environments.leases import share
from evalwright_server.environments.lock_store import LockStore
from evalwright_server.environments.requirements import canonical_requirements
from evalwright_server.environments.settings import ROOT_VARIABLE, PackageSettings
from evalwright_server.environments.sharing import Shared
from evalwright_server.environments.sweeping import Sweep, list_environments, remove_environment

logger: Final = logging.getLogger(__name__)

SWEEP_SECONDS: Final = 3600.0


class Environments:
    """The environments of a host.

    Several processes may have objects for the same folder; an object belongs to one event loop.
    """

    def __init__(
        self,
        root: Path,
        settings: PackageSettings | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Do nothing yet.

        Args:
            root: Where to keep them; made when it is needed.
            settings: How packages are installed.
            clock: Tells the Unix time.
        """
        self.settings: Final = settings or PackageSettings()
        self.root: Final = root
        self._layout = Layout(root)
        self._locks = LockStore(self._layout, self.settings, clock)
        self._builder = Builder(self._layout, self.settings, self._locks, clock)
        self._clock = clock
        self._resolving = Shared[str]()
        self._building = Shared[bool]()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Return those that the server told a worker process about, by its variables.

        Raises:
            PackageSettingsError: A variable is wrong.
        """
        return cls(Path(environment[ROOT_VARIABLE]), PackageSettings.read(environment))

    @property
    def packages(self) -> Path:
        """The folder that all environments are in, made if need be."""
        self._layout.make()
        return self._layout.packages

    async def close(self) -> None:
        """End the installations that are under way."""
        await self._resolving.close()
        await self._building.close()

    async def ensure(self, requirements: Sequence[str]) -> BuiltEnvironment:
        """Return the environment of some requirements; build it if it is not there.

        Whoever asks for the same meanwhile, here or in another process, gets the same one.
        Cancelling leaves a build running, as others will want it.

        Args:
            requirements: Names with version clauses; at least one.

        Raises:
            RequirementsRefused: They are not of the accepted form.
            EnvironmentBuildFailed: They can't be resolved or installed.
            SandboxUnavailable: This host has no sandbox to install in.
            ValueError: There are none.
        """
        canonical = canonical_requirements(requirements)
        if not canonical:
            raise ValueError("an environment needs at least one requirement")
        try:
            return await self._ensure(canonical)
        except OSError as error:
            raise EnvironmentBuildFailed(
                f"The packages can't be kept on the server ({error.strerror}).",
                f"Make {self.root} writable, with room for them.",
            ) from error

    async def _ensure(self, canonical: tuple[str, ...]) -> BuiltEnvironment:
        began = time.monotonic()
        self._layout.make()
        was_built = False
        while True:
            lock = await self._lock(canonical)
            key = environment_key(lock)
            site_packages = self._layout.site_packages(key)
            lease = share(site_packages)
            if lease is not None:
                now = self._clock()
                os.utime(self._layout.environment(key) / RECORD, (now, now))
                seconds = time.monotonic() - began
                return BuiltEnvironment(
                    key, site_packages, lock_hash(lock), was_built, seconds, lease
                )
            if site_packages.exists():  # about to be removed
                await asyncio.sleep(POLL_SECONDS)
            else:
                build = partial(self._builder.build, key, lock, canonical)
                was_built = await self._building.once(key, build) or was_built

    def is_installed(self, requirements: Sequence[str]) -> bool:
        """Tell whether these requirements are on this host already."""
        canonical = canonical_requirements(requirements)
        return not canonical or self._locks.find_installed(canonical) is not None

    def list(self) -> Sequence[EnvironmentInfo]:
        """List what is there, the newest first."""
        return list_environments(self._layout)

    async def remove(self, key: str) -> None:
        """Remove an environment.

        Raises:
            UnknownEnvironment: There is none of that key.
            EnvironmentInUse: A job runs with it.
        """
        await asyncio.to_thread(remove_environment, self._layout, key)

    async def sweep(self, *, max_age: float, max_bytes: int) -> tuple[str, ...]:
        """Remove what was not used for long, and then what was not used for longest.

        What is in use is left alone, so more may remain than was asked for.

        Args:
            max_age: Seconds since the last use.
            max_bytes: How much all that remain may take on the disk; the installer's cache may
                take as much again.

        Returns:
            The keys of what was removed.
        """
        self._layout.make()
        sweep = Sweep(self._layout, self._clock())
        return tuple(await asyncio.to_thread(sweep.run, max_age, max_bytes))

    async def sweep_forever(self) -> None:
        """Sweep now and every hour, by the settings, until cancelled."""
        while True:
            try:
                removed = await self.sweep(
                    max_age=self.settings.keep_seconds, max_bytes=self.settings.keep_bytes
                )
            except OSError as error:
                logger.warning("Environments can't be swept: %s", error)
            else:
                if removed:
                    logger.info("Removed %d environments that were not used", len(removed))
            await asyncio.sleep(SWEEP_SECONDS)

    async def _lock(self, requirements: tuple[str, ...]) -> str:
        found = self._locks.find(requirements)
        if found is not None and found.is_fresh:
            return found.lock
        name = lock_name(requirements, self.settings)
        return await self._resolving.once(name, partial(self._builder.resolve, requirements))
