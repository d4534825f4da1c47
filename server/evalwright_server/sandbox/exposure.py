"""Files of the host that the job account can't reach but has to.

When root's Python or virtual environment lies below /root, an unprivileged account can't reach
it. Opening /root to everybody is out of the question. The spawner gets a view of the file system
of its own instead, in which such a directory is replaced by an empty one that holds just the
files needed.
"""

import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evalwright_server.sandbox.errors import SandboxUnavailable
from evalwright_server.sandbox.interpreter import outermost

READ: Final = stat.S_IROTH
ENTER: Final = stat.S_IROTH | stat.S_IXOTH


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the spawner has to arrange.

    Attributes:
        covered: Directories to replace by empty ones.
        bound: Files and directories to bring back below them as they are.
        copied: Files to bring back as copies that everybody may run.
    """

    covered: tuple[Path, ...] = ()
    bound: tuple[Path, ...] = ()
    copied: tuple[Path, ...] = ()


def expose(bound: Sequence[Path], copied: Sequence[Path]) -> Exposure:
    """Find out which paths an account that owns nothing can't use.

    Args:
        bound: Absolute, without symbolic links; large, so not to be copied.
        copied: Small programs and their libraries, likewise.

    Raises:
        SandboxUnavailable: A path to be bound is itself closed to others.
    """
    closed = [path for path in bound if not allows(path, ENTER if path.is_dir() else READ)]
    if closed:
        raise SandboxUnavailable(
            f"The server runs as root, and other accounts may not read its Python in {closed[0]}.",
            f"Run `chmod -R o+rX {closed[0]}`, or start the server as an ordinary user.",
        )
    barriers = {path: barrier(path) for path in bound}
    for path in copied:
        barriers[path] = barrier(path) or (None if allows(path, ENTER) else path.parent)
    return Exposure(
        covered=outermost(found for found in barriers.values() if found is not None),
        bound=tuple(path for path in bound if barriers[path] is not None),
        copied=tuple(path for path in copied if barriers[path] is not None),
    )


def allows(path: Path, rights: int) -> bool:
    """Tell whether everybody has some rights to a file or directory."""
    return path.stat().st_mode & rights == rights


def barrier(path: Path) -> Path | None:
    """Return the outermost directory on the way to a path that others may not pass."""
    parents = reversed(path.parents)
    return next((parent for parent in parents if not allows(parent, stat.S_IXOTH)), None)
