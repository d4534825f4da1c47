"""Where sandboxes are made: one copy of bubblewrap, one spawner, one place for folders."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Final, Self

from evalwright_server.sandbox.account import job_accounts
from evalwright_server.sandbox.bubblewrap import Bubblewrap
from evalwright_server.sandbox.cgroups import CgroupLimits, Cgroups, find_cgroups
from evalwright_server.sandbox.command import Shape, bubblewrap_arguments
from evalwright_server.sandbox.errors import SandboxUnavailable
from evalwright_server.sandbox.exposure import Exposure, expose
from evalwright_server.sandbox.folders import SlotFolders
from evalwright_server.sandbox.interpreter import Interpreter, find_interpreter
from evalwright_server.sandbox.isolation import IsolationReport
from evalwright_server.sandbox.report import report_on
from evalwright_server.sandbox.slot import Slot
from evalwright_server.sandbox.spawner import Spawner
from evalwright_server.sandbox.template import Template
from evalwright_server.sandbox.templates import Templates

AT_ONCE: Final = 4
"""How many sandboxes come up at a time; more would only wait for processors."""

PREPARING: Final = CgroupLimits(memory_bytes=4 * 1024**3, processes=512)
"""What a sandbox may take until its job is known: imports of packages, that is."""


class Workshop:
    """Makes sandboxes.

    Args:
        spawner: Starts processes.
        folders: Where jobs' files go.
        cgroups: Where the kernel limits them.
        interpreter: The Python that jobs run with.

    Attributes:
        cgroups: As above.
        proven: Layers of isolation that `self_check` found on.
    """

    def __init__(
        self, spawner: Spawner, folders: SlotFolders, cgroups: Cgroups, interpreter: Interpreter
    ) -> None:
        self._spawner = spawner
        self._folders = folders
        self.cgroups = cgroups
        self._interpreter = interpreter
        self.proven: tuple[str, ...] = ()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._templates = Templates(partial(Template.start, spawner, interpreter, folders.path))

    @classmethod
    async def open(cls, copy: Bubblewrap, packages: Path | None = None) -> Self:
        """Start what is needed.

        Args:
            copy: The copy of bubblewrap to use.
            packages: Folder of all that jobs may import, without symbolic links.

        Raises:
            SandboxUnavailable: It can't be used here.
        """
        interpreter, accounts, exposure = find_interpreter(), job_accounts(), Exposure()
        shown = [] if packages is None else [packages]
        if accounts is not None:
            exposure = expose([*interpreter.sources, *shown], [copy.program, *copy.libraries])
        folders = await asyncio.to_thread(SlotFolders)
        cgroups = await asyncio.to_thread(find_cgroups)
        try:
            spawner = await asyncio.to_thread(Spawner, copy, accounts, exposure)
        except BaseException:
            cgroups.close()
            folders.close()
            raise
        return cls(spawner, folders, cgroups, interpreter)

    @property
    def report(self) -> IsolationReport:
        """What keeps jobs apart from the host here."""
        return report_on(self.proven, self.cgroups, self._spawner.accounts)

    @property
    def alive(self) -> bool:
        """Whether it can still make any."""
        return self._spawner.alive

    async def make(self, shape: Shape, *, is_warm: bool) -> Slot:
        """Make a sandbox that waits for its job.

        Args:
            shape: What is known of the job.
            is_warm: Whether no job waits for it yet.

        Raises:
            SandboxUnavailable: It did not come up.
        """
        async with self._places:
            try:
                return await self._make(shape, is_warm=is_warm)
            except SandboxUnavailable:
                if shape.template is None:
                    raise
                # The template may have died just now; then the next one is new.
                return await self._make(shape, is_warm=is_warm)

    async def _make(self, shape: Shape, *, is_warm: bool) -> Slot:
        folder = self._folders.new()
        group = self.cgroups.open_group(folder.name, PREPARING)
        slot = Slot(shape, folder, group, self.cgroups.layers)
        try:
            await self._start(slot, is_warm=is_warm)
        except BaseException:
            await slot.destroy()
            raise
        return slot

    async def _start(self, slot: Slot, *, is_warm: bool) -> None:
        folder, shape = slot.folder, slot.shape
        if shape.template is None:
            arguments = bubblewrap_arguments(self._interpreter, folder, shape, is_warm=is_warm)
            await slot.start(self._spawner, arguments)
        else:
            template = await self._templates.find(shape)
            await slot.start(template, template.request(folder, shape))

    async def close(self) -> None:
        """End every sandbox that was made, and all else."""
        await self._templates.close()
        await asyncio.to_thread(self._spawner.close)
        await asyncio.to_thread(self.cgroups.close)
        await asyncio.to_thread(self._folders.close)
