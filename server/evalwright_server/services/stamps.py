"""When and by whom something is written."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Stamp:
    """The circumstances of a write.

    Attributes:
        now: When it is made, aware and in UTC.
        user_id: Public ID of the user who makes it.
    """

    now: datetime
    user_id: str
