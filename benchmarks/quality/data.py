"""The labelled sets, as they stand in `data/`."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

Half: TypeAlias = Literal["tuning", "test"]
E = TypeVar("E")
FOLDER: Final = Path(__file__).parent / "data"
CORRUPTIONS: Final = ("number", "unit", "date", "name", "negation", "clause", "foreign")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    half: Half


class Grounded(_Entry):
    """A question, what was retrieved for it, two answers true to that, and ways to break one.

    Attributes:
        q: The question.
        c: The passages.
        a: An answer that is true to them.
        b: Another one.
        near: A passage on a subject nearby, of no use.
    """

    id: str
    q: str
    c: tuple[str, ...]
    a: str
    b: str
    near: str
    number: str
    unit: str
    date: str
    name: str
    negation: str
    clause: str
    foreign: str

    def corrupted(self, kind: str) -> str:
        """Return the first answer with one thing in it made wrong.

        Raises:
            ValueError: The edit does not fit the answer.
        """
        before, arrow, after = getattr(self, kind).partition(" => ")
        if not arrow or self.a.count(before) != 1:
            raise ValueError(f"{self.id}: the edit {kind!r} does not fit the answer")
        return self.a.replace(before, after)


class Partial(_Entry):
    """A request, an answer to all of it, and one that lacks something."""

    id: str
    lack: Literal["part", "entry", "cut"]
    q: str
    full: str
    part: str


class Formal(_Entry):
    """A request with a requirement of form, an answer that keeps to it and one that does not."""

    id: str
    kind: Literal["length", "format", "count", "wording"]
    q: str
    kept: str
    broken: str


class Refusing(_Entry):
    """An answer, and whether it refuses."""

    kind: str
    refuses: bool
    text: str


@cache
def grounded() -> Sequence[Grounded]:
    """Read the set for hallucination, factual accuracy, relevance and retrieval."""
    return _read("grounding", TypeAdapter(tuple[Grounded, ...]))


@cache
def partial() -> Sequence[Partial]:
    """Read the set for completeness."""
    return _read("completeness", TypeAdapter(tuple[Partial, ...]))


@cache
def formal() -> Sequence[Formal]:
    """Read the set for adherence to requirements of form."""
    return _read("adherence", TypeAdapter(tuple[Formal, ...]))


@cache
def refusing() -> Sequence[Refusing]:
    """Read the set for refusals."""
    return _read("refusals", TypeAdapter(tuple[Refusing, ...]))


def _read(name: str, form: TypeAdapter[tuple[E, ...]]) -> tuple[E, ...]:
    return form.validate_python(yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8")))


def by_half(entries: Sequence[Grounded], half: Half) -> Mapping[str, Grounded]:
    """Return the entries of a half, by ID."""
    return {entry.id: entry for entry in entries if entry.half == half}
