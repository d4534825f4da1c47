"""In which groups this process is, and where those can be found as directories."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

KIND_V1: Final = "cgroup"
KIND_V2: Final = "cgroup2"


@dataclass(frozen=True, slots=True)
class Mount:
    """A cgroup file system that is mounted.

    Attributes:
        kind: `cgroup` or `cgroup2`.
        root: Which group is seen at the mount point.
        point: Where it is mounted.
        options: Of the file system: for version 1, the controllers.
    """

    kind: str
    root: str
    point: Path
    options: tuple[str, ...]


def read_mounts(text: str) -> list[Mount]:
    """Read /proc/self/mountinfo.

    Args:
        text: Lines of `ID parent device root point options [tags...] - kind source options`.
    """
    found = []
    for line in text.splitlines():
        fields, _, system = line.partition(" - ")
        root, point = fields.split(" ")[3:5]
        kind, *_, options = system.split(" ")
        if kind in {KIND_V1, KIND_V2}:
            found.append(Mount(kind, root, Path(point), tuple(options.split(","))))
    return found


def read_memberships(text: str) -> dict[str, str]:
    """Read /proc/self/cgroup: the group by controller; by an empty name for version 2."""
    found = {}
    for line in text.splitlines():
        _, names, path = line.split(":", 2)
        found.update(dict.fromkeys(names.split(","), path))
    return found


def directory_of(mount: Mount, path: str) -> Path | None:
    """Say where a group is found; None if outside of what is mounted."""
    if ".." in PurePosixPath(path).parts or not PurePosixPath(path).is_relative_to(mount.root):
        return None
    return mount.point / PurePosixPath(path).relative_to(mount.root)


def own_directories(mountinfo: str, membership: str) -> tuple[Path | None, dict[str, Path]]:
    """Find the groups of this process.

    Args:
        mountinfo: Content of /proc/self/mountinfo.
        membership: Content of /proc/self/cgroup.

    Returns:
        The group of version 2, and those of version 1 by controller.
    """
    groups = read_memberships(membership)
    first: dict[str, Path] = {}
    second: Path | None = None
    for mount in read_mounts(mountinfo):
        if mount.kind == KIND_V2 and "" in groups:
            second = directory_of(mount, groups[""]) or second
        for name in mount.options if mount.kind == KIND_V1 else ():
            place = directory_of(mount, groups[name]) if name in groups else None
            if place is not None:
                first[name] = place
    return second, first
