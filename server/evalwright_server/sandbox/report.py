"""What this host does to keep jobs apart, and what would switch on the rest."""

from collections.abc import Sequence

from evalwright_server.sandbox.account import Accounts
from evalwright_server.sandbox.cgroups import Cgroups, NoCgroups
from evalwright_server.sandbox.isolation import BUBBLEWRAP, IsolationReport, MissingLayer

WATCHED = ("memory_watcher",)
"""What is done where the kernel does not limit memory."""
CONTROLLERS = ("memory", "pids", "cpu")

HAND_ON_CPU = (
    "Where systemd starts the server, `Delegate=yes` hands on every controller; for a server of an"
    " ordinary user see `systemctl edit user@.service` and add `Delegate=cpu memory pids`."
)
START_AS_ROOT = (
    "Only a server started as root can give each job an account of its own; the name spaces keep"
    " jobs apart without."
)
MAP_MORE_ACCOUNTS = "Give the container more accounts, for instance a longer line in /etc/subuid."


def report_on(
    proven: Sequence[str], cgroups: Cgroups, accounts: Accounts | None
) -> IsolationReport:
    """Sum up what was found by running bubblewrap and making a control group.

    Args:
        proven: Layers that `self_check` found on.
        cgroups: What may be used of them.
        accounts: What sandboxes run under.
    """
    own = ("dedicated_uid",) if accounts is not None and len(accounts.uids) > 1 else ()
    missing = [*missing_cgroups(cgroups), *missing_accounts(accounts)]
    if "cgroup_namespace" not in proven:
        missing.append(MissingLayer(
            "cgroup_namespace", "The kernel has none.", "Use Linux 4.6 or newer."
        ))  # fmt: skip
    layers = (*proven, *own, *(cgroups.layers or WATCHED))
    return IsolationReport(BUBBLEWRAP, layers, tuple(missing))


def missing_cgroups(cgroups: Cgroups) -> list[MissingLayer]:
    """List what the kernel does not limit."""
    if isinstance(cgroups, NoCgroups):
        return [MissingLayer(f"cgroup_{name}", cgroups.cause, cgroups.cure)
                for name in CONTROLLERS]  # fmt: skip
    return [
        MissingLayer(
            f"cgroup_{cgroups.version}_{name}",
            f"The controller {name} is not handed to the server's group.",
            HAND_ON_CPU,
        )
        for name in CONTROLLERS
        if name not in cgroups.controllers
    ]


def missing_accounts(accounts: Accounts | None) -> list[MissingLayer]:
    """Say why jobs have no accounts of their own, if they have none."""
    if accounts is None:
        reason = "The server is not root, so jobs run under its own account."
        return [MissingLayer("dedicated_uid", reason, START_AS_ROOT)]
    if len(accounts.uids) == 1:
        reason = "This container maps few accounts, so all jobs share one."
        return [MissingLayer("dedicated_uid", reason, MAP_MORE_ACCOUNTS)]
    return []
