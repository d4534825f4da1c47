"""Running code WITHOUT isolation: only limits, and a sure end.

For machines of developers on which nothing isolates, and never by itself: whoever sets
`EVALWRIGHT_SANDBOX=unsafe` gives every job what the server may do. Limits on time, memory and
output hold, and every process of a job is killed at its end, as long as the job does not set out to
evade that.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

from evalwright_server.sandbox.account import job_accounts
from evalwright_server.sandbox.bubblewrap import Bubblewrap
from evalwright_server.sandbox.cgroups import find_cgroups
from evalwright_server.sandbox.channels import compiled, memory_file
from evalwright_server.sandbox.command import (
    AGENT,
    CONTROL,
    MESSAGES,
    RUNNER,
    Argument,
    Shape,
)
from evalwright_server.sandbox.exposure import Exposure, expose
from evalwright_server.sandbox.folders import SlotFolder, SlotFolders
from evalwright_server.sandbox.interpreter import find_interpreter
from evalwright_server.sandbox.isolation import LAYERS, UNSAFE, IsolationReport, MissingLayer
from evalwright_server.sandbox.report import WATCHED, missing_cgroups
from evalwright_server.sandbox.self_check import NAMESPACES, PROVEN
from evalwright_server.sandbox.slot import Slot
from evalwright_server.sandbox.spawner import SpawnedProcess, Spawner
from evalwright_server.sandbox.workshop import PREPARING, Workshop

PROGRAM: Final = Path(__file__).parent / "programs" / "unsafe.py"
PYTHON: Final = (
    "-uISBc",
    "import marshal, os, sys\nexec(marshal.loads(os.pread(int(sys.argv.pop(1)), 1 << 20, 0)[16:]))",
)
"""Arguments with which Python runs a compiled program from a descriptor."""
WRITABLE: Final = ("output", "tmp", "home", "app")
"""Folders of a job besides those for its code and input."""
ALWAYS: Final = ("process_session", "no_new_privileges", "rlimits")
GIVEN_UP: Final = (*NAMESPACES.values(), *(name for name in PROVEN if name not in ALWAYS))
"""What a sandbox would have."""
WARNING: Final = (
    "EVALWRIGHT_SANDBOX=unsafe: code runs WITHOUT ISOLATION. Every job can read, change and send"
    " away whatever this server can. Never let anybody else near it."
)


class UnsafeLauncher:
    """Starts jobs as ordinary processes.

    Args:
        spawner: Starts programs.
        folder: Of the job.
    """

    def __init__(self, spawner: Spawner, folder: SlotFolder) -> None:
        self._spawner = spawner
        self._folder = folder.code.parent

    def spawn(self, arguments: Sequence[Argument], fds: Sequence[int]) -> SpawnedProcess:
        """Start one; its folders are made for the account it gets.

        Raises:
            SandboxUnavailable: It could not be started.
        """
        accounts = self._spawner.accounts
        uid = None if accounts is None else accounts.take()
        self._make_folders(uid)
        program = memory_file(compiled(PROGRAM))
        try:
            words = [*PYTHON, len(fds), *arguments]
            process = self._spawner.spawn(words, [*fds, program], uid)
        finally:
            os.close(program)
        return replace(process, is_agent=True)

    def _make_folders(self, uid: int | None) -> None:
        for name in WRITABLE:
            folder = self._folder / name
            folder.mkdir()
            if uid is not None:
                os.chown(folder, uid, uid)

    def release(self, process: SpawnedProcess) -> None:
        """Give back the account of a job all of whose processes are dead."""
        self._spawner.release(process)

    def has_own_account(self, process: SpawnedProcess) -> bool:
        """Tell whether a job shares its account with no other, nor with the server."""
        return self._spawner.has_own_account(process)


class UnsafeWorkshop(Workshop):
    """Makes what looks like a sandbox and is none."""

    @classmethod
    async def start(cls, packages: Path | None) -> Self:
        """Start what is needed.

        Args:
            packages: Folder of all that jobs may import, without symbolic links.

        Raises:
            SandboxUnavailable: Python can't be started.
        """
        interpreter, accounts, exposure = find_interpreter(), job_accounts(), Exposure()
        shown = [] if packages is None else [packages]
        if accounts is not None:
            exposure = expose([*interpreter.sources, *shown], [])
        folders = await asyncio.to_thread(SlotFolders)
        cgroups = await asyncio.to_thread(find_cgroups)
        python = Bubblewrap(interpreter.executable)
        try:
            spawner = await asyncio.to_thread(Spawner, python, accounts, exposure, adopts=True)
        except BaseException:
            cgroups.close()
            folders.close()
            raise
        return cls(spawner, folders, cgroups, interpreter)

    @property
    def report(self) -> IsolationReport:
        """What there is: very little."""
        own = ("dedicated_uid",) if self._spawner.accounts is not None else ()
        layers = (*ALWAYS, *own, *(self.cgroups.layers or WATCHED))
        reason, cure = "EVALWRIGHT_SANDBOX=unsafe is set.", "Unset it, and see `evalwright doctor`."
        off = [MissingLayer(name, reason, cure) for name in LAYERS if name in GIVEN_UP]
        return IsolationReport(UNSAFE, layers, (*off, *missing_cgroups(self.cgroups)))

    async def make(self, shape: Shape, *, is_warm: bool) -> Slot:
        """Start a process that waits for its job.

        Raises:
            SandboxUnavailable: It did not come up.
        """
        async with self._places:
            folder = self._folders.new()
            group = self.cgroups.open_group(folder.name, PREPARING)
            slot = Slot(shape, folder, group, self.cgroups.layers)
            try:
                arguments = python_arguments(folder, shape, is_warm=is_warm)
                await slot.start(UnsafeLauncher(self._spawner, folder), arguments)
            except BaseException:
                await slot.destroy()
                raise
            return slot


def python_arguments(folder: SlotFolder, shape: Shape, *, is_warm: bool) -> list[Argument]:
    """Compose the arguments of the program."""
    packages = "" if shape.site_packages is None else str(shape.site_packages)
    return [CONTROL, RUNNER, MESSAGES, "warm" if is_warm else "cold",
            ",".join(shape.preload), AGENT, str(folder.code.parent), packages]  # fmt: skip
