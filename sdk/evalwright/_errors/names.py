"""Names that can't be turned into one ID."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from evalwright._errors.base import EvalwrightError


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several things that carry the same name."""

    id: str
    """The ID, which always decides."""

    name: str
    """The name they share."""

    scope: str | None
    """What it lives in, as in `space U3BhY2U6...`; None when the server doesn't say."""

    updated_at: datetime | None
    """When it was last changed (or created, where changes are not recorded)."""

    def __str__(self) -> str:
        text = self.id
        if self.scope is not None:
            text += f" in {self.scope}"
        if self.updated_at is not None:
            text += f", updated {self.updated_at:%Y-%m-%d %H:%M:%S %Z}".rstrip()
        return text


class NameNotFound(EvalwrightError, LookupError):
    """Nothing has this name."""

    kind: str
    """What was looked for, as in `task`."""

    name: str
    """The name that was looked for."""

    nearest: tuple[str, ...]
    """The most similar names there are, best first."""

    searched: int
    """How many names were compared."""

    def __init__(
        self, *, kind: str, name: str, scope: str | None, nearest: Sequence[str], searched: int
    ) -> None:
        place = f" in {scope}" if scope else ""
        text = f"there is no {kind} named {name!r}{place} ({searched} searched)"
        if nearest:
            text += f"; did you mean {' or '.join(repr(near) for near in nearest)}?"
        elif searched:
            text += "; names must match exactly, and none comes close"
        super().__init__(text)
        self.kind = kind
        self.name = name
        self.nearest = tuple(nearest)
        self.searched = searched


class AmbiguousName(EvalwrightError, LookupError):
    """Several things have this name."""

    kind: str
    """What was looked for, as in `task`."""

    name: str
    """The name that was looked for."""

    candidates: tuple[Candidate, ...]
    """All that carry the name."""

    disambiguate: str | None
    """The argument that narrows the search; None when only an ID can decide."""

    def __init__(
        self, *, kind: str, name: str, candidates: Sequence[Candidate], disambiguate: str | None
    ) -> None:
        cure = f"pass {disambiguate}=... or an ID" if disambiguate else "pass an ID"
        lines = [f"{len(candidates)} {kind}s are named {name!r}; {cure}:"]
        super().__init__("\n".join([*lines, *(f"  {candidate}" for candidate in candidates)]))
        self.kind = kind
        self.name = name
        self.candidates = tuple(candidates)
        self.disambiguate = disambiguate
