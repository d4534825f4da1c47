"""What whoever runs the server can do so that it gets control groups."""

import os
from pathlib import Path
from typing import Final

SYSTEMD: Final = Path("/run/systemd/system")
CONTAINER_MARKS: Final = (Path("/.dockerenv"), Path("/run/.containerenv"))

IN_UNIT: Final = "put `Delegate=yes` into the [Service] section of its unit"
OF_ROOT: Final = "start it with `systemd-run --scope -p Delegate=yes evalwright serve`"
OF_USER: Final = "start it with `systemd-run --user --scope -p Delegate=yes evalwright serve`"
IN_CONTAINER: Final = (
    "Give the container a control group of its own that it may write: docker run --cgroupns=private"
    " --security-opt writable-cgroups=true (Docker 28 or newer), podman run --cgroupns=private"
    " --security-opt unmask=/sys/fs/cgroup; else run the server outside of a container."
)
MOUNT: Final = "Mount them: `mount -t cgroup2 none /sys/fs/cgroup`."
WRITABLE: Final = (
    "Control groups of version 1 belong to root: run the server as root (jobs still get accounts"
    " of their own), or boot the host with `systemd.unified_cgroup_hierarchy=1`."
)


def in_container() -> bool:
    """Tell whether this looks like a container of Docker or Podman."""
    return any(mark.exists() for mark in CONTAINER_MARKS)


def delegated() -> str:
    """Say how to get a group of version 2."""
    if in_container() and not SYSTEMD.exists():
        return IN_CONTAINER
    start = OF_ROOT if os.geteuid() == 0 else OF_USER
    return f"If systemd starts the server, {IN_UNIT}; else {start}."


def writable() -> str:
    """Say how to get groups that can be written."""
    return IN_CONTAINER if in_container() else WRITABLE


def mounted() -> str:
    """Say how to get any at all."""
    return IN_CONTAINER if in_container() else MOUNT
