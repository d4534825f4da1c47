"""The second meaning of a filter: a condition for the database.

It is made from the same tree as the predicate over rows, and says the same. SQL's own treatment of
NULL and of types isn't relied on: of each part it is asked either "is it true?" or "is it false?",
and both are plain yes-or-no conditions, whatever is unknown being neither.

Where the database can't say exactly what the predicate says, the condition says "maybe": it holds
for every row that passes, and perhaps for more, which the predicate then has to judge.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, TypeAlias

from pydantic import JsonValue
from sqlalchemy import ColumnElement, and_, not_, or_, true
from sqlglot import expressions as exp

from evalwright_server.filters import compiling
from evalwright_server.filters.parsing import parse
from evalwright_server.filters.sql_values import BOOLEAN, NUMBER, TEXT, Kind, Value

Condition: TypeAlias = ColumnElement[bool]
Answer: TypeAlias = Condition | None
"""Whether a part is what was asked; None is "maybe"."""

_MOST_PARTS: Final = 150
"""Comparisons in a condition. SQLite takes expressions of a limited depth."""
_MOST_CHOICES: Final = 500
_EXACT_BELOW: Final = 2**53
"""Only below this, whole numbers and fractions compare alike everywhere."""
_MIRRORED: Final[dict[type[exp.Expr], type[exp.Expr]]] = {
    exp.LT: exp.GT, exp.LTE: exp.GTE, exp.GT: exp.LT, exp.GTE: exp.LTE,
}  # fmt: skip
_ORDERS: Final[dict[type[exp.Expr], Callable[..., Condition]]] = {
    exp.LT: lambda column, literal: column < literal,
    exp.LTE: lambda column, literal: column <= literal,
    exp.GT: lambda column, literal: column > literal,
    exp.GTE: lambda column, literal: column >= literal,
}


class Columns(Protocol):
    """Knows what the names in filters stand for."""

    def find(self, parts: Sequence[str]) -> Value | None:
        """Return the value with a dotted name, or None if only rows in memory have it."""


@dataclass(frozen=True, slots=True)
class SqlFilter:
    """A filter for the database.

    Attributes:
        condition: Holds for every row that passes the filter.
        is_exact: Whether it holds for no other rows.
    """

    condition: Condition
    is_exact: bool


def to_sql(text: str, columns: Columns) -> SqlFilter:
    """Return a filter's condition.

    Args:
        text: What `compile_filter` accepts.
        columns: What its names stand for.

    Raises:
        FilterError: It is no filter.
    """
    compiling.compile_filter(text)
    tree = parse(text)
    if sum(1 for _ in tree.find_all(exp.Column)) > _MOST_PARTS:
        return SqlFilter(true(), is_exact=False)
    translation = _Translation(columns)
    answer = translation.ask(tree, wanted=True)
    return SqlFilter(true() if answer is None else answer, translation.is_exact)


class _Translation:
    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self.is_exact = True

    def ask(self, node: exp.Expr, *, wanted: bool) -> Answer:
        """Return whether a part of the filter is true, or whether it is false."""
        if isinstance(node, exp.Paren):
            return self.ask(node.this, wanted=wanted)
        if isinstance(node, exp.Not):
            return self.ask(node.this, wanted=not wanted)
        if isinstance(node, exp.And | exp.Or):
            parts = [self.ask(part, wanted=wanted) for part in compiling.chain(node)]
            return _combine(parts, every=isinstance(node, exp.And) is wanted)
        answer = self._leaf(node, wanted=wanted)
        self.is_exact = self.is_exact and answer is not None
        return answer

    def _leaf(self, node: exp.Expr, *, wanted: bool) -> Answer:
        sides = [_bare(side) for side in _operands(node)]
        named = [side for side in sides if isinstance(side, exp.Column | exp.Dot)]
        if len(named) != 1:
            return _constant(node, wanted=wanted) if not named else None
        value = self._columns.find(compiling.name_parts(named[0]))
        if value is None:
            return None
        if len(sides) == 1:
            return _about(node, value, wanted)
        literal = compiling.literal(next(side for side in sides if side is not named[0]))
        if isinstance(node, exp.EQ | exp.NEQ):
            return _among(value, [literal], wanted is isinstance(node, exp.EQ))
        order = type(node) if named[0] is sides[0] else _MIRRORED[type(node)]
        return _ordered(value, order, literal, wanted)


def _operands(node: exp.Expr) -> list[exp.Expr]:
    """Return what a comparison is about, without the values of IN and LIKE."""
    if isinstance(node, exp.Column | exp.Dot | exp.Boolean):
        return [node]
    if isinstance(node, exp.In | exp.Like | exp.Is):
        return [node.this]
    return [node.this, node.expression]


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _combine(answers: Sequence[Answer], *, every: bool) -> Answer:
    known = [answer for answer in answers if answer is not None]
    if every:
        return and_(true(), *known) if known else None
    return or_(*known) if len(known) == len(answers) else None


def _constant(node: exp.Expr, *, wanted: bool) -> Answer:
    """Return what a comparison without columns comes to."""
    is_wanted = compiling.condition(node, 0)({}) is wanted
    return true() if is_wanted else not_(true())


def _about(node: exp.Expr, value: Value, wanted: bool) -> Answer:
    """Return what is asked about one value."""
    if isinstance(node, exp.Is):
        return value.is_null() if wanted else not_(value.is_null())
    if isinstance(node, exp.Like):
        pattern = str(compiling.literal(node.expression))
        return value.like(pattern, wanted=wanted is not bool(node.args.get("negate")))
    if isinstance(node, exp.In):
        return _among(value, [compiling.literal(each) for each in node.expressions], wanted)
    return value.test(BOOLEAN, lambda column: column == wanted)


def _kind_of(literal: JsonValue) -> Kind | None:
    """Return how a literal compares, or None if the database may see it differently."""
    if isinstance(literal, bool):
        return BOOLEAN
    if isinstance(literal, int | float):
        return NUMBER if abs(literal) < _EXACT_BELOW else None
    # Neither database takes these characters, so none of its texts has them.
    text = str(literal)
    is_storable = "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)
    return TEXT if is_storable else None


def _among(value: Value, literals: Sequence[JsonValue], wanted: bool) -> Answer:
    by_kind: dict[Kind | None, list[JsonValue]] = {}
    for literal in literals:
        by_kind.setdefault(_kind_of(literal), []).append(literal)
    if None in by_kind or len(literals) > _MOST_CHOICES:
        return None
    found = or_(*(_is_one_of(value, kind, some) for kind, some in by_kind.items() if kind))
    return found if wanted else and_(not_(value.is_null()), not_(found))


def _is_one_of(value: Value, kind: Kind, choices: Sequence[JsonValue]) -> Condition:
    plain = [_plain(kind, choice) for choice in choices]
    if len(plain) == 1:
        return value.test(kind, lambda column: column == plain[0])
    return value.test(kind, lambda column: column.in_(plain))


def _plain(kind: Kind, literal: JsonValue) -> JsonValue:
    """Return a literal as it is handed over: all numbers alike, or a driver takes all for whole."""
    return float(literal) if kind is NUMBER and isinstance(literal, int) else literal


def _ordered(value: Value, order: type[exp.Expr], literal: JsonValue, wanted: bool) -> Answer:
    kind = _kind_of(literal)
    if kind is None:
        return None
    if kind is BOOLEAN:
        return not_(true())
    compare = partial(_ORDERS[order], literal=_plain(kind, literal))
    return value.test(kind, compare if wanted else lambda column: not_(compare(column)))
