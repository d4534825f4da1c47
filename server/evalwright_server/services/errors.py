"""What can be wrong with a request, in the words of the domain.

    ServiceError
     +-- InvalidRequest       it can't be understood or breaks a rule of its own form
     +-- UnprocessableRequest it is well-formed, but what it asks for can't be done
     +-- ResourceNotFound     it names something that does not exist
     +-- Conflict             it contradicts what is stored
     +-- StaleRevision        what it wants to change has changed meanwhile
     +-- QuotaExceeded        its sender has used up what it may use
     +-- Unavailable          it can't be done now, whoever asks

Rules collect their findings in `Findings`, so that the caller learns of all of them at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field.

    Attributes:
        pointer: A JSON pointer into the body, or `query:NAME`, `path:NAME`, `header:NAME`.
        message: What was wrong and what was expected.
        allowed: What would have been accepted, where that can be listed.
        nearest: The accepted value closest to the one given.
        kind: The kind of mistake in one word, for clients that tell them apart by it.
    """

    pointer: str
    message: str
    allowed: tuple[str, ...] = ()
    nearest: str | None = None
    kind: str = "value_error"


class ServiceError(Exception):
    """A request that can't be met; `detail` tells its sender what to do instead.

    Args:
        detail: What was wrong.
        errors: Every wrong field.
        hint: What to do next, where `detail` is a fixed text that clients know.
    """

    def __init__(
        self, detail: str, errors: Iterable[FieldError] = (), hint: str | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.hint = hint


class InvalidRequest(ServiceError):
    """The request can't be understood or breaks a rule of its own form."""


class DatasetTooLarge(InvalidRequest):
    """A dataset has more items than one analysis takes.

    Args:
        size: How many it has.
        limit: How many it may have.
    """

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            f"the dataset has {size} items, and one analysis takes {limit} at most "
            "(EVALWRIGHT_MAX_DATASET): send it in parts, under the same project"
        )
        self.size = size
        self.limit = limit

    @property
    def figures(self) -> dict[str, str | int]:
        """What programs read of it."""
        return {
            "error": "dataset_too_large",
            "dataset_size": self.size,
            "max_allowed": self.limit,
        }


class QuotaExceeded(ServiceError):
    """The sender has used up what it may use in a period.

    Args:
        detail: What of.
        figures: What programs read of it.
        retry_after: Seconds until the next period.
    """

    def __init__(self, detail: str, figures: Mapping[str, str | int], retry_after: int) -> None:
        super().__init__(detail)
        self.figures = dict(figures)
        self.retry_after = retry_after


class UnprocessableRequest(ServiceError):
    """The request is well-formed, but what it asks for can't be done."""


class ResourceNotFound(ServiceError):
    """The request names something that does not exist."""


class Conflict(ServiceError):
    """The request contradicts what is stored."""


class KeyReused(Conflict):
    """An idempotency key of jobs was sent again with something else.

    Args:
        job_id: The job it belongs to.
    """

    def __init__(self, job_id: str) -> None:
        super().__init__(
            "Idempotency key reused with different payload",
            hint=f"it belongs to the job {job_id}: send a new key with a new job",
        )
        self.job_id = job_id


class StaleRevision(ServiceError):
    """What the request wants to change has changed since its sender last looked."""


class Unavailable(ServiceError):
    """What the request asks for can't be done now.

    Args:
        detail: Why.
        hint: What to do next.
        retry_after: Seconds after which trying again makes sense; None if time won't help.
    """

    def __init__(self, detail: str, hint: str, retry_after: int | None = None) -> None:
        super().__init__(detail, hint=hint)
        self.retry_after = retry_after


_MOST_TOLD = 10
_GRAVEST_FIRST = (InvalidRequest, UnprocessableRequest, ResourceNotFound, Conflict)


@dataclass(slots=True)
class Findings:
    """Everything that is wrong with one request, collected before it is refused."""

    _found: list[tuple[type[ServiceError], FieldError]] = field(default_factory=list)

    def add(
        self,
        pointer: str,
        message: str,
        *,
        allowed: Iterable[str] = (),
        nearest: str | None = None,
        error: type[ServiceError] = InvalidRequest,
    ) -> None:
        """Note one wrong field and the class of error it alone would be."""
        self._found.append((error, FieldError(pointer, message, tuple(allowed), nearest)))

    def absorb(self, error: ServiceError) -> None:
        """Note what another check has raised."""
        self._found += [(type(error), finding) for finding in error.errors]

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Note what a check in this context raises, and go on behind it."""
        try:
            yield
        except ServiceError as error:
            self.absorb(error)

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_if_any(self) -> None:
        """Refuse the request if anything was found.

        Raises:
            ServiceError: Of the gravest class found, with every finding.
        """
        if self._found:
            raise self.error()

    def error(self, others: Iterable[FieldError] = ()) -> ServiceError:
        """Return everything that was found, and what others have found, as one error."""
        classes = {error for error, _ in self._found}
        gravest = next(error for error in _GRAVEST_FIRST if error in classes)
        errors = [*(finding for _, finding in self._found), *others]
        return gravest(summarize(errors), errors)


def summarize(errors: Sequence[FieldError]) -> str:
    """Return the first findings as one text, for clients that show nothing else."""
    shown = [f"{error.pointer or '(body)'}: {error.message}" for error in errors[:_MOST_TOLD]]
    if len(errors) > _MOST_TOLD:
        shown.append(f"and {len(errors) - _MOST_TOLD} more")
    return "; ".join(shown)


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that `word` was probably meant to be, whatever its case."""
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    matches = get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[matches[0]] if matches else None
