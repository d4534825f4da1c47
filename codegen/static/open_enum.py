"""Enums that keep values they don't know."""

import enum
from typing import Self

__all__ = ["StrEnum"]


class StrEnum(enum.StrEnum):
    """A string enum of the document that outlives it.

    A value that came after the document was written becomes a member without a name in the
    class: it compares like any text and goes back to the server unchanged, and `is_known` tells.
    """

    @property
    def is_known(self) -> bool:
        """Whether the document lists this value."""
        return self.value in type(self)._value2member_map_

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    def __reduce_ex__(self, proto: object) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.value,)
