"""The means of a result to read its items from the server."""

from collections.abc import Callable
from typing import Generic, NoReturn, TypeVar

from evalwright._errors.invalid import FieldError, InvalidRequest

_T_co = TypeVar("_T_co", covariant=True)


class Reading(Generic[_T_co]):
    """Reads the items of a run; copies of a result share it, and pickles leave it behind."""

    def __init__(self, read: Callable[[str], _T_co]) -> None:
        self._read = read

    def __call__(self, run_id: str) -> _T_co:
        """Give the items of a run."""
        return self._read(run_id)

    def __deepcopy__(self, memo: object) -> "Reading[_T_co]":
        return self

    # A connection can't go along to another process.
    def __reduce__(self) -> tuple[object, ...]:
        return Reading, (_no_connection,)


def _no_connection(run_id: str) -> NoReturn:
    message = f"this result of {run_id} came without a connection: get it again from a client"
    raise InvalidRequest([FieldError("", message)])
