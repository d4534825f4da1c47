"""What keeps jobs apart from the host, and how much that is worth."""

from dataclasses import dataclass
from enum import IntEnum


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
