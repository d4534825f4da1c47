"""What keeps jobs apart from the host, and how much that is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from evalwright_server.sandbox.errors import SandboxUnavailable

BUBBLEWRAP: Final = "bubblewrap"
UNSAFE: Final = "unsafe"
"""Drivers."""


class Level(IntEnum):
    """How much an isolation is worth, weakest first."""

    UNSAFE = 0
    """Limits only: the job is an ordinary process of the server's account."""
    NAMESPACES = 1
    """Name spaces, no capabilities and a system call filter; memory and processes are watched."""
    CGROUP = 2
    """The same, with memory and processes limited by the kernel."""

    @property
    def word(self) -> str:
        """Its name in settings and answers."""
        return self.name.lower()

    @classmethod
    def named(cls, word: str) -> "Level":
        """Read a name.

        Raises:
            ValueError: There is no such level.
        """
        for level in cls:
            if level.word == word:
                return level
        raise ValueError(f"{word!r} is no level of isolation: expected one of "
                         f"{', '.join(level.word for level in cls)}")  # fmt: skip

    @classmethod
    def of(cls, driver: str, layers: Sequence[str]) -> "Level":
        """Judge what is on."""
        if driver == UNSAFE:
            return cls.UNSAFE
        limited = {name.rpartition("_")[2] for name in layers if name.startswith("cgroup_v")}
        return cls.CGROUP if {"memory", "pids"} <= limited else cls.NAMESPACES


LAYERS: Final = {
    "user_namespace": "root inside is nobody outside",
    "pid_namespace": "the job sees and signals no process but its own",
    "mount_namespace": "the job sees no file of the host but Python's",
    "network_namespace": "the job has no network",
    "ipc_namespace": "no shared memory or semaphores with others",
    "uts_namespace": "the host's name is hidden",
    "cgroup_namespace": "the host's control groups are hidden",
    "no_capabilities": "no right of root is left, or can be gained",
    "no_new_privileges": "no program gives the job more rights",
    "seccomp": "system calls that Python does not need are refused",
    "read_only_root": "only /tmp, /output and /dev/shm can be written, up to a size",
    "kernel_settings_closed": "/proc/sys can't be written",
    "rlimits": "files, processes and processor time are limited for each process",
    "memory_watcher": "memory of all processes together is watched, 40 times a second",
    "dedicated_uid": "each job has an account of its own on the host",
    "cgroup_memory": "the kernel limits the memory of all processes together",
    "cgroup_pids": "the kernel limits the number of processes",
    "cgroup_cpu": "the kernel limits the share of the processors",
    "cpu_affinity": "the job is bound to as many processors as it may use",
    "process_session": "all processes of a job are found and killed when it ends",
}
"""What each layer does, the strongest of a kind in front; those of cgroups without a version."""


def meaning(layer: str) -> str:
    """Say in words what a layer does."""
    for version in ("_v1_", "_v2_"):
        layer = layer.replace(version, "_")
    return LAYERS.get(layer, "")


@dataclass(frozen=True, slots=True)
class Isolation:
    """What kept a job apart from the host.

    Attributes:
        driver: What made the sandbox.
        level: How much it is worth, as a word.
        layers: The layers that were on.
    """

    driver: str
    level: str
    layers: tuple[str, ...]

    @classmethod
    def of(cls, driver: str, layers: Sequence[str]) -> "Isolation":
        """Name what is on for a job."""
        return cls(driver, Level.of(driver, layers).word, tuple(layers))


@dataclass(frozen=True, slots=True)
class MissingLayer:
    """A layer that this host does not have.

    Attributes:
        layer: Its name.
        reason: Why it is off, in one sentence.
        cure: What switches it on.
    """

    layer: str
    reason: str
    cure: str


@dataclass(frozen=True, slots=True)
class IsolationReport:
    """What a host can do, found out by running it.

    Attributes:
        driver: What isolates code here; None if nothing does.
        layers: Found to be on.
        missing: Found to be off.
        problem: Why code can't be isolated at all, with the cure.
    """

    driver: str | None
    layers: tuple[str, ...] = ()
    missing: tuple[MissingLayer, ...] = ()
    problem: SandboxUnavailable | None = None

    @property
    def level(self) -> Level | None:
        """How much it is worth; None if untrusted code can't be run."""
        return None if self.driver is None else Level.of(self.driver, self.layers)

    @property
    def isolates(self) -> bool:
        """Whether code that nobody vouches for can be run."""
        return self.level is not None and self.level > Level.UNSAFE

    def shortfall(self, required: Level) -> SandboxUnavailable | None:
        """Say what is missing for a level, and how to get it; None if it is reached."""
        if self.problem is not None:
            return self.problem
        if self.level is not None and self.level >= required:
            return None
        found = "nothing" if self.level is None else f"`{self.level.word}`"
        wanted = [layer for layer in self.missing if layer.layer in REQUIRED_FOR.get(required, ())]
        reasons = dict.fromkeys(layer.reason for layer in wanted or self.missing)
        cures = dict.fromkeys(layer.cure for layer in wanted or self.missing)
        return SandboxUnavailable(
            f"Isolation of level `{required.word}` is required, and this host has {found}."
            f" {' '.join(reasons)}".rstrip(),
            " ".join(cures),
        )

    @property
    def reason(self) -> str | None:
        """Why code can't be isolated, and the cure; None where it can."""
        return None if self.problem is None else f"{self.problem.cause} {self.problem.cure}"

    def view(self) -> dict[str, Any]:
        """Return it as plain data, as in the answer of `/health`."""
        return {
            "available": self.driver is not None,
            "driver": self.driver,
            "reason": self.reason,
            "level": None if self.level is None else self.level.word,
            "layers": list(self.layers),
            "missing": [
                {"layer": layer.layer, "reason": layer.reason, "cure": layer.cure}
                for layer in self.missing
            ],
        }


REQUIRED_FOR: Final = {Level.CGROUP: ("cgroup_memory", "cgroup_pids")}
"""What makes the difference between a level and the one below."""
