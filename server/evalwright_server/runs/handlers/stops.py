"""What ends a run before all rows are done."""

from collections.abc import Iterator
from typing import Final

from evalwright_server.models import IntegrationUnusable
from evalwright_server.runs.errors import LeaseLost
from evalwright_server.runs.port import PortClosed
from evalwright_server.sandbox.errors import SandboxUnavailable
from evalwright_server.store.errors import DatabaseError

_OF_THE_ATTEMPT: Final = (LeaseLost, DatabaseError, PortClosed)
_OF_THE_WORK: Final = (SandboxUnavailable, IntegrationUnusable)


def reason_of(errors: BaseExceptionGroup[BaseException]) -> str:
    """Return why the work can't go on.

    Args:
        errors: What came out of a group of tasks.

    Raises:
        Exception: The attempt is over, or it is a mistake of our own.
    """
    leaves = list(_leaves(errors))
    for error in leaves:
        if isinstance(error, _OF_THE_ATTEMPT):
            raise error from None
    for error in leaves:
        if isinstance(error, _OF_THE_WORK):
            return str(error)
    raise errors


def _leaves(errors: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
