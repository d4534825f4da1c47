"""The accounts that untrusted code runs under when the server is root.

bubblewrap started by root maps root into the sandbox: the kernel still sees uid 0, which opens
/proc/sys of the host for writing and lifts the limit on processes. So root's sandboxes get accounts
that own nothing: one for each, so that what the kernel counts by account is counted by sandbox, and
code that found a way out of its own still could not touch another one.
"""

import os
import threading
from collections import Counter, deque
from functools import cache
from pathlib import Path
from typing import Final

from evalwright_server.sandbox.errors import SandboxUnavailable

FIRST_UID: Final = 1_890_000_000
"""Beyond what useradd, container tools and systemd hand out, and below what overflows."""
MAX_PROCESSES: Final = 1 << 22
"""As many process IDs as the kernel can give, so that each server process has its own accounts."""
UIDS: Final = 60
"""Accounts of each server process; more sandboxes at a time share them."""
CONTAINER_UIDS: Final = range(61184, 65520)
"""Where a container maps 65536 accounts: those that systemd would use for DynamicUser=."""
NOBODY: Final = 65534
"""Where a container maps fewer."""


class Accounts:
    """Users and groups of the same number, each in no other group; usable from several threads.

    Attributes:
        uids: All there are.
    """

    def __init__(self, uids: range) -> None:
        """Take over some accounts.

        Args:
            uids: At least one.
        """
        self.uids = uids
        self._free = deque(uids)
        self._sharers: Counter[int] = Counter()
        self._lock = threading.Lock()

    def take(self) -> int:
        """Return the account that was free for longest, or one shared with fewest if none is."""
        with self._lock:
            uid = (
                self._free.popleft()
                if self._free
                else min(self.uids, key=self._sharers.__getitem__)
            )
            self._sharers[uid] += 1
            return uid

    def give_back(self, uid: int) -> None:
        """Return an account whose processes are dead."""
        with self._lock:
            self._sharers[uid] -= 1
            if not self._sharers[uid]:
                self._free.append(uid)

    def is_shared(self, uid: int) -> bool:
        """Tell whether several sandboxes have an account."""
        return self._sharers[uid] > 1


def job_accounts() -> Accounts | None:
    """Say which accounts the sandboxes of this process need.

    Returns:
        None for an ordinary user, whose own account does; accounts of its own for each server
        process of root.

    Raises:
        SandboxUnavailable: Root in a container that maps no other account.
    """
    return _accounts_of(os.getpid()) if os.geteuid() == 0 else None


@cache
def _accounts_of(pid: int) -> Accounts:
    """Return the accounts of a process: the same ones for all that make sandboxes in it."""
    maps = [Path(f"/proc/self/{name}_map").read_text(encoding="ascii") for name in ("uid", "gid")]
    for uids in candidates(pid):
        if all(is_mapped(uid, table) for table in maps for uid in (uids[0], uids[-1])):
            return Accounts(uids)
    raise SandboxUnavailable(
        "The server runs as root, and this container maps no other account to run code under.",
        "Start the server as an ordinary user.",
    )


def candidates(pid: int) -> list[range]:
    """List the accounts a process could use, best first."""
    first = FIRST_UID + pid % MAX_PROCESSES * UIDS
    inside = CONTAINER_UIDS[pid * UIDS % (len(CONTAINER_UIDS) // UIDS * UIDS) :][:UIDS]
    return [range(first, first + UIDS), inside, range(NOBODY, NOBODY + 1)]


def is_mapped(uid: int, table: str) -> bool:
    """Tell whether an ID exists in this user namespace.

    Args:
        uid: A user or group ID.
        table: Contents of /proc/self/uid_map or gid_map: first ID inside, outside, count.
    """
    rows = [[int(word) for word in line.split()] for line in table.splitlines()]
    return any(first <= uid < first + count for first, _, count in rows)
