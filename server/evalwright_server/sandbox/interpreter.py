"""The server's own Python, as far as a sandbox must see it."""

import os
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SYSTEM_LIBRARIES: Final = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib64")
TIME_ZONES: Final = "/usr/share/zoneinfo"
LINKER_CACHE: Final = "/etc/ld.so.cache"
NIX_STORE: Final = "/nix/store"
PACKAGES: Final = ("site-packages", "dist-packages")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What is bound into a sandbox, at the path it has outside.

    Attributes:
        executable: The program itself, no symbolic link.
        readable: Further files and directories, none inside another.
        links: Symbolic links to make, by path.
        masked: Directories below `readable` that look empty: installed packages, the server's
            among them.
    """

    executable: Path
    readable: tuple[Path, ...]
    links: dict[Path, str]
    masked: tuple[Path, ...]

    @property
    def sources(self) -> tuple[Path, ...]:
        """All that must be reachable on the host."""
        return (self.executable, *self.readable)


def find_interpreter() -> Interpreter:
    """Look at the running Python.

    A virtual environment is looked through: its packages stay outside. Libraries lie below
    `lib` of the installation prefix or in the system's library directories; no `bin`, no
    `share`, nothing else of /usr is shown.
    """
    executable = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    prefix = executable.parent.parent
    system = [Path(name) for name in SYSTEM_LIBRARIES]
    wanted = [path for path in system if path.is_dir() and not path.is_symlink()]
    wanted += [prefix / "lib", prefix / "lib64", standard_library()]
    wanted += [Path(TIME_ZONES), Path(LINKER_CACHE)]
    if executable.is_relative_to(NIX_STORE):
        wanted.append(Path(NIX_STORE))
    readable = outermost(path for path in wanted if path.exists())
    return Interpreter(
        executable=executable,
        readable=readable,
        links={path: str(path.readlink()) for path in system if path.is_symlink()},
        masked=tuple(path for path in package_directories() if path.is_dir()),
    )


def standard_library() -> Path:
    """Say where the standard library lies, without symbolic links."""
    return Path(os.__file__).resolve().parent


def package_directories() -> list[Path]:
    """List where installed packages could lie next to a standard library."""
    places = [standard_library() / name for name in PACKAGES]
    installed = sysconfig.get_path("purelib", vars={"base": sys.base_prefix})
    return [*places, Path("/usr/lib/python3/dist-packages"), Path(installed).resolve()]


def outermost(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Drop paths that lie inside another one, keeping the order."""
    unique = list(dict.fromkeys(paths))
    return tuple(path for path in unique if not any(parent in unique for parent in path.parents))
