"""What a group may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CgroupLimits:
    """Limits of all processes of a group together.

    Attributes:
        memory_bytes: Memory, with the files they hold in memory; nothing is swapped out.
        processes: Processes and threads at any one time.
        cpus: How many processors' worth of time; None for all there are.
    """

    memory_bytes: int
    processes: int
    cpus: float | None = None
