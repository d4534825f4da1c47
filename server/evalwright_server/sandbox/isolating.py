"""Which layers of isolation a single job has, of those that the host offers."""

from evalwright_server.sandbox.isolation import BUBBLEWRAP, Isolation, IsolationReport
from evalwright_server.sandbox.job import SandboxJob
from evalwright_server.sandbox.processors import confine
from evalwright_server.sandbox.slot import Slot

BY_SANDBOX = ("dedicated_uid", "memory_watcher")
"""Layers that one sandbox can have and another not, besides those of cgroups."""


def isolate(slot: Slot, job: SandboxJob, report: IsolationReport) -> Isolation:
    """Put on what can be put on only now, and say all that keeps a job apart from the host.

    Args:
        slot: Its sandbox.
        job: The job.
        report: What the host offers.
    """
    layers = tuple(name for name in report.layers
                   if name not in BY_SANDBOX and not name.startswith("cgroup_v"))  # fmt: skip
    if slot.has_own_account:
        layers += ("dedicated_uid",)
    layers += ("memory_watcher",) if slot.group is None else slot.group_layers
    cpus = job.limits.cpus
    if cpus is not None and not any(name.endswith("_cpu") for name in layers):
        layers += ("cpu_affinity",) if confine(slot.runner, cpus) else ()
    return Isolation.of(report.driver or BUBBLEWRAP, layers)
