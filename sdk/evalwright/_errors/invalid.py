"""Arguments that can't work, all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalwright._errors.base import EvalwrightError


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: where it is, what is wrong, and what would be right."""

    path: str
    """Argument or member, with its place in lists: `evaluators[0].evaluator_id`."""

    message: str
    """What is wrong, in one sentence."""

    got: str | None = None
    """The value as Python shows it, shortened; None where there is none."""

    expected: str | None = None
    """What would be accepted."""

    allowed: tuple[str, ...] = ()
    """The names or values to choose from, where they can be listed."""

    nearest: str | None = None
    """The allowed one that is most like what was given."""

    def __str__(self) -> str:
        text = f"{self.path}: {self.message}" if self.path else self.message
        if self.expected is not None:
            text += f"; expected {self.expected}"
        if self.got is not None:
            text += f", got {self.got}" if self.expected is not None else f" (got {self.got})"
        # Some servers say so in their message, for clients that show no more.
        if self.nearest is not None and f"did you mean {self.nearest!r}" not in self.message:
            text += f"; did you mean {self.nearest!r}?"
        allowed = ", ".join(self.allowed)
        if not allowed or allowed in self.message:
            return text
        return f"{text} Allowed: {allowed}." if text[-1] in ".?" else f"{text}; allowed: {allowed}"


class InvalidRequest(EvalwrightError, ValueError):
    """Arguments that can't work; when the library notices it by itself, nothing was written."""

    errors: list[FieldError]
    """Every wrong field, not only the first."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(explain(errors))
        self.errors = list(errors)


def explain(errors: Sequence[FieldError]) -> str:
    """Write field errors on one line each; a single one stands alone."""
    if len(errors) == 1:
        return str(errors[0])
    return "\n".join([f"{len(errors)} fields are wrong:", *(f"  {error}" for error in errors)])
