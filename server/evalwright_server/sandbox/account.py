"""The account that untrusted code runs under when the server is root.

bubblewrap started by root maps root into the sandbox: the kernel still sees uid 0, which opens
/proc/sys of the host for writing and lifts the limit on processes. So root's sandboxes get an
account that owns nothing.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evalwright_server.sandbox.errors import SandboxUnavailable

FIRST_UID: Final = 1_900_000_000
"""Beyond what useradd, container tools and systemd hand out."""
UIDS: Final = 1_000_000
NOBODY: Final = 65534
"""Taken where the host is itself a container that maps few accounts."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user and group of the same number, in no other group."""

    uid: int


def job_account() -> Account | None:
    """Say which account the sandboxes of this process need.

    Returns:
        None for an ordinary user, whose own account does; a number of its own for each server
        process of root.

    Raises:
        SandboxUnavailable: Root in a container that maps no other account.
    """
    if os.geteuid() != 0:
        return None
    maps = [Path(f"/proc/self/{name}_map").read_text(encoding="ascii") for name in ("uid", "gid")]
    for uid in (FIRST_UID + os.getpid() % UIDS, NOBODY):
        if all(is_mapped(uid, table) for table in maps):
            return Account(uid)
    raise SandboxUnavailable(
        "The server runs as root, and this container maps no other account to run code under.",
        "Start the server as an ordinary user.",
    )


def is_mapped(uid: int, table: str) -> bool:
    """Tell whether an ID exists in this user namespace.

    Args:
        uid: A user or group ID.
        table: Contents of /proc/self/uid_map or gid_map: first ID inside, outside, count.
    """
    rows = [[int(word) for word in line.split()] for line in table.splitlines()]
    return any(first <= uid < first + count for first, _, count in rows)
