"""Values that filters compare, as the databases see them."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Final, Protocol, TypeAlias

from sqlalchemy import ColumnElement, case, false, literal, not_, or_

from evalwright_server.filters import sql_functions as sql
from evalwright_server.filters.like import TOKEN

Condition: TypeAlias = ColumnElement[bool]
Test: TypeAlias = Callable[[ColumnElement[Any]], Condition]


class Kind(StrEnum):
    """How a value compares: only with values of its kind."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"


TEXT: Final = Kind.TEXT
NUMBER: Final = Kind.NUMBER
BOOLEAN: Final = Kind.BOOLEAN


class Value(Protocol):
    """A value of a row. All its conditions are true or false, and never NULL."""

    def is_null(self) -> Condition:
        """Return whether there is no value."""
        ...

    def test(self, kind: Kind, test: Test) -> Condition:
        """Return whether there is a value of this kind and it passes a test."""
        ...

    def like(self, pattern: str, *, wanted: bool) -> Condition | None:
        """Return whether there is a value and its text matches, or doesn't; None is "maybe"."""


class ColumnValue:
    """A column whose values are all of one kind, or NULL."""

    def __init__(self, column: ColumnElement[Any], kind: Kind) -> None:
        self._column = sql.binary_text(column) if kind is TEXT else column
        self._kind = kind

    def is_null(self) -> Condition:
        """Return whether there is no value; see `Value`."""
        return self._column.is_(None)

    def test(self, kind: Kind, test: Test) -> Condition:
        """Return whether a value passes a test; see `Value`."""
        if kind is not self._kind:
            return false()
        return case((self._column.is_not(None), test(self._column)), else_=false())

    def like(self, pattern: str, *, wanted: bool) -> Condition | None:
        """Return whether a text matches; numbers have no text the databases agree on."""
        if self._kind is not TEXT:
            return None
        return self.test(TEXT, lambda text: _matches(text, pattern, wanted=wanted))


class NoValue:
    """What is never there."""

    def is_null(self) -> Condition:
        """Return that there is no value."""
        return not_(false())

    def test(self, kind: Kind, test: Test) -> Condition:  # noqa: ARG002
        """Return that no value passes."""
        return false()

    def like(self, pattern: str, *, wanted: bool) -> Condition | None:  # noqa: ARG002
        """Return that no value matches."""
        return false()


class JsonMember:
    """What a path of names leads to in a JSON column.

    Args:
        column: A JSON object.
        path: Names of members; see `is_addressable`.
    """

    _JSON_KINDS: Final = {
        TEXT: ("text", "string"),
        NUMBER: ("integer", "real", "number"),
        BOOLEAN: ("true", "false", "boolean"),
    }

    def __init__(self, column: ColumnElement[Any], path: Sequence[str]) -> None:
        self._place = _place(column, path)
        self._kind = sql.json_kind(*self._place)
        self._first = sql.json_kind(*_place(column, path[:1]))

    @staticmethod
    def is_addressable(name: str) -> bool:
        """Return whether both databases find a member of this name."""
        return bool(name) and name.isprintable() and not {'"', "\\"} & set(name)

    def exists(self) -> Condition:
        """Return whether there is a member of the first name, be it null."""
        return self._first.is_not(None)

    def is_null(self) -> Condition:
        """Return whether there is no value; see `Value`."""
        return or_(self._kind.is_(None), self._kind == "null")

    def test(self, kind: Kind, test: Test) -> Condition:
        """Return whether a value passes a test; see `Value`."""
        is_kind = self._kind.in_(self._JSON_KINDS[kind])
        return case((is_kind, test(self._read(kind))), else_=false())

    def like(self, pattern: str, *, wanted: bool) -> Condition | None:
        """Return whether the text, or the JSON text of another value, matches; see `Value`."""
        written = sql.json_written(*self._place)
        return case(
            (self.is_null(), false()),
            (
                self._kind.in_(self._JSON_KINDS[TEXT]),
                _matches(sql.json_text(*self._place), pattern, wanted=wanted),
            ),
            else_=_matches(written, pattern, wanted=wanted),
        )

    def _read(self, kind: Kind) -> ColumnElement[Any]:
        if kind is TEXT:
            return sql.binary_text(sql.json_text(*self._place))
        if kind is NUMBER:
            return sql.json_number(*self._place)
        return sql.json_written(*self._place) == "true"


class FirstOf:
    """The first of several members that exists, wherever its path leads then."""

    def __init__(self, members: Sequence[JsonMember], otherwise: Value) -> None:
        self._members = members
        self._otherwise = otherwise

    def is_null(self) -> Condition:
        """Return whether there is no value; see `Value`."""
        return self._choose(lambda value: value.is_null())

    def test(self, kind: Kind, test: Test) -> Condition:
        """Return whether a value passes a test; see `Value`."""
        return self._choose(lambda value: value.test(kind, test))

    def like(self, pattern: str, *, wanted: bool) -> Condition | None:
        """Return whether the text matches; see `Value`."""
        answers = [each.like(pattern, wanted=wanted) for each in (*self._members, self._otherwise)]
        known = [answer for answer in answers if answer is not None]
        if len(known) < len(answers):
            return None
        return self._case(known)

    def _choose(self, ask: Callable[[Value], Condition]) -> Condition:
        return self._case([ask(each) for each in (*self._members, self._otherwise)])

    def _case(self, answers: Sequence[Condition]) -> Condition:
        *given, otherwise = answers
        if not given:
            return otherwise
        whens = zip((member.exists() for member in self._members), given, strict=True)
        return case(*whens, else_=otherwise)


def _place(column: ColumnElement[Any], path: Sequence[str]) -> list[ColumnElement[Any]]:
    """Return a place as the functions of `sql_functions` take it."""
    written = "$" + "".join(f'."{step}"' for step in path)
    return [column, literal(written), *map(literal, path)]


def _matches(text: ColumnElement[Any], pattern: str, *, wanted: bool) -> Condition:
    found = sql.matches(text, literal(_as_glob(pattern)), literal(_as_like(pattern)))
    return found if wanted else not_(found)


def _as_like(pattern: str) -> str:
    r"""Write a pattern for PostgreSQL, where a backslash takes the meaning of whatever follows."""
    return "".join(
        {"many": "%", "one": "_"}.get(str(token.lastgroup))
        or "".join(f"\\{each}" if each in "\\%_" else each for each in token[str(token.lastgroup)])
        for token in TOKEN.finditer(pattern)
    )


def _as_glob(pattern: str) -> str:
    """Write a pattern for SQLite's GLOB: its LIKE takes no notice of case."""
    return "".join(
        {"many": "*", "one": "?"}.get(str(token.lastgroup))
        or "".join(f"[{each}]" if each in "*?[" else each for each in token[str(token.lastgroup)])
        for token in TOKEN.finditer(pattern)
    )
