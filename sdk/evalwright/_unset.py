"""The sentinel that keeps "not passed" apart from None."""

from enum import Enum
from typing import Final, Literal


class Unset(Enum):
    """The type of `UNSET`; an Enum, because checkers narrow those by identity."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> Literal[False]:
        return False


UNSET: Final = Unset.UNSET
"""The default of arguments for which None is a value of its own, such as "clear this field".

Pass it on to say "leave as it is"::

    tasks.update(task="nightly", name=new_name or UNSET, query_filter=None)
"""
