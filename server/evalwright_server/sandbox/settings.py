"""What whoever runs the server says about isolation, by variables of the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from evalwright_server.sandbox.isolation import BUBBLEWRAP, UNSAFE, Level

SANDBOX_VARIABLE: Final = "EVALWRIGHT_SANDBOX"
"""`unsafe` chooses that driver; nothing else does."""
REQUIRE_VARIABLE: Final = "EVALWRIGHT_REQUIRE_ISOLATION"
"""The least level at which jobs are run."""


@dataclass(frozen=True, slots=True)
class IsolationSettings:
    """Which driver to use, and what it must reach.

    Attributes:
        driver: What makes sandboxes.
        required: No job is run with less.
    """

    driver: str = BUBBLEWRAP
    required: Level = Level.UNSAFE

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read them.

        Raises:
            ValueError: A variable says something else than it may.
        """
        driver = environment.get(SANDBOX_VARIABLE) or BUBBLEWRAP
        if driver not in {BUBBLEWRAP, UNSAFE}:
            raise ValueError(
                f"{SANDBOX_VARIABLE} is {driver!r}: expected {BUBBLEWRAP}, or {UNSAFE} to run code"
                " without isolation"
            )
        try:
            required = Level.named(environment.get(REQUIRE_VARIABLE) or Level.UNSAFE.word)
        except ValueError as error:
            raise ValueError(f"{REQUIRE_VARIABLE}: {error}") from error
        return cls(driver, required)
