"""From a name to the one thing that carries it, as a plan that asks for pages.

A plan is a generator: it yields which page it wants and is sent that page; what it returns is the
thing. The sync and the async client drive the same plan.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from evalwright._errors.names import AmbiguousName, Candidate, NameNotFound
from evalwright._fields import ranked

MAX_NEAREST_PAGES = 10
"""How far to read for names that come close: 1,000 of them."""


class Named(Protocol):
    """Anything that has an ID and a name."""

    @property
    def id(self) -> str:
        """The ID."""
        ...

    @property
    def name(self) -> str:
        """The name."""
        ...


_T = TypeVar("_T", bound=Named)


@dataclass(frozen=True, slots=True)
class WantedPage:
    """What a plan asks for."""

    name: str | None
    """The text names have to contain; None for all of them."""

    cursor: str | None
    """Where to go on; None for the first page."""


@dataclass(frozen=True, slots=True)
class Page(Generic[_T]):
    """What a plan is sent."""

    items: Sequence[_T]
    next_cursor: str | None


Plan = Generator[WantedPage, Page[_T], _T]


def find(
    kind: str,
    name: str,
    *,
    scope: str | None = None,
    disambiguate: str | None = None,
) -> Plan[_T]:
    """Look for the one thing with exactly this name.

    Servers filter by part of a name and whatever its case, so hits are compared again, and all
    pages are read: a second thing of that name must not go unnoticed. Without a hit all names are
    read, up to `MAX_NEAREST_PAGES`, to tell which ones come close.

    Args:
        kind: What is looked for, for the texts, as in `task`.
        name: The name, compared exactly.
        scope: What is searched, for the texts, as in `space 'demo'`.
        disambiguate: The argument that would narrow the search; None when there is none.

    Raises:
        NameNotFound: Nothing has the name.
        AmbiguousName: Several things have it.
    """
    items: list[_T] = yield from _read(name, max_pages=None)
    if not any(item.name == name for item in items):
        items = yield from _read(None, max_pages=MAX_NEAREST_PAGES)
    hits = {item.id: item for item in items if item.name == name}
    if not hits:
        near = ranked(name, [item.name for item in items], limit=3)
        raise NameNotFound(kind=kind, name=name, scope=scope, nearest=near, searched=len(items))
    if len(hits) > 1:
        candidates = [describe(item) for item in hits.values()]
        raise AmbiguousName(kind=kind, name=name, candidates=candidates, disambiguate=disambiguate)
    return next(iter(hits.values()))


def _read(name: str | None, *, max_pages: int | None) -> Generator[WantedPage, Page[_T], list[_T]]:
    items: list[_T] = []
    seen: set[str] = set()
    cursor: str | None = None
    while True:
        page = yield WantedPage(name, cursor)
        items += page.items
        cursor = page.next_cursor
        # A server that repeats a cursor would keep us here for ever.
        if not cursor or cursor in seen or len(seen) + 1 == max_pages:
            return items
        seen.add(cursor)


def describe(item: Named) -> Candidate:
    """Say where a thing lives and how old it is."""
    return Candidate(id=item.id, name=item.name, scope=_scope(item), updated_at=_age(item))


def _scope(item: object) -> str | None:
    for member, noun in (("dataset_id", "dataset"), ("space_id", "space")):
        value = getattr(item, member, None)
        if isinstance(value, str):
            return f"{noun} {value}"
    return None


def _age(item: object) -> datetime | None:
    for member in ("updated_at", "created_at"):
        value = getattr(item, member, None)
        if isinstance(value, datetime):
            return value
    return None
