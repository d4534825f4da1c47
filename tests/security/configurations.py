"""The ways a sandbox may be set up on one host."""

import os
from dataclasses import dataclass, field
from typing import Final

PLAIN_UID: Final = 54321


@dataclass(frozen=True)
class Configuration:
    """One way.

    Attributes:
        name: For people.
        template: Whether jobs start from a template.
        environment: Variables of the process that makes the sandboxes.
        uid: The account of that process; None for the one the tests run under.
        needs_root: Whether it makes sense for root only.
    """

    name: str
    template: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    uid: int | None = None
    needs_root: bool = False


_NO_CGROUPS: Final = {"EVALWRIGHT_CGROUPS": "0"}
_IS_ROOT: Final = os.geteuid() == 0
_PLAIN: Final = PLAIN_UID if _IS_ROOT else None

CONFIGURATIONS: Final = (
    Configuration("root, one-shot, cgroups", needs_root=True),
    Configuration("root, template, cgroups", template=True, needs_root=True),
    Configuration("root, one-shot", environment=_NO_CGROUPS, needs_root=True),
    Configuration("root, template", template=True, environment=_NO_CGROUPS, needs_root=True),
    Configuration("user, one-shot", environment=_NO_CGROUPS, uid=_PLAIN),
    Configuration("user, template", template=True, environment=_NO_CGROUPS, uid=_PLAIN),
)
POSSIBLE: Final = tuple(each for each in CONFIGURATIONS if _IS_ROOT or not each.needs_root)
"""Those of the account that the tests run under, the most thorough first."""
