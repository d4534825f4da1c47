"""SQL's three-valued logic over JSON values.

A comparison with NULL is unknown, written None here, and a row passes only if its filter is true.
Beyond SQL, values of different types are simply not equal, and neither is the smaller one: 5 is
not the text '5', and TRUE is not 1.
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from pydantic import JsonValue

from evalwright_server.filters.columns import Row, Term

Truth = bool | None
"""True, false, or None for unknown."""
Predicate = Callable[[Row], Truth]

ORDERS: Final[dict[str, Callable[..., bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def type_of(value: JsonValue) -> type:
    """Name the type that decides whether two values compare; all numbers are of one."""
    return float if type(value) is int else type(value)


def equal(left: JsonValue, right: JsonValue) -> Truth:
    """Compare two values."""
    if left is None or right is None:
        return None
    return type_of(left) is type_of(right) and left == right


def equals(left: Term, right: Term) -> Predicate:
    """Make `left = right`."""
    return lambda row: equal(left(row), right(row))


def ordered(sign: str, left: Term, right: Term) -> Predicate:
    """Make a comparison of numbers, or of texts by their code points.

    Args:
        sign: One of `ORDERS`.
        left: What stands in front of it.
        right: What stands behind it.
    """
    compare = ORDERS[sign]

    def judge(row: Row) -> Truth:
        a, b = left(row), right(row)
        if type_of(a) is not type_of(b) or type_of(a) not in (float, str):
            return None
        return compare(a, b)

    return judge


def one_of(term: Term, choices: Sequence[JsonValue]) -> Predicate:
    """Make `term IN (choices)`; no choice is NULL."""

    def judge(row: Row) -> Truth:
        value = term(row)
        return None if value is None else any(equal(value, choice) for choice in choices)

    return judge


def is_null(term: Term) -> Predicate:
    """Make `term IS NULL`."""
    return lambda row: term(row) is None


def is_true(term: Term) -> Predicate:
    """Take a term as truth; what is neither true nor false is unknown."""

    def judge(row: Row) -> Truth:
        value = term(row)
        return value if isinstance(value, bool) else None

    return judge


def negated(predicate: Predicate) -> Predicate:
    """Make `NOT predicate`."""

    def judge(row: Row) -> Truth:
        truth = predicate(row)
        return None if truth is None else not truth

    return judge


def all_of(predicates: Sequence[Predicate]) -> Predicate:
    """Make a chain of AND: false if one is, else unknown if one is."""
    return lambda row: settled((predicate(row) for predicate in predicates), decisive=False)


def any_of(predicates: Sequence[Predicate]) -> Predicate:
    """Make a chain of OR: true if one is, else unknown if one is."""
    return lambda row: settled((predicate(row) for predicate in predicates), decisive=True)


def settled(truths: Iterable[Truth], *, decisive: bool) -> Truth:
    """Combine truths, of which one that is decisive settles the matter.

    Args:
        truths: Looked at one after another, no further than needed.
        decisive: True for OR, false for AND.
    """
    unknown = False
    for truth in truths:
        if truth is decisive:
            return decisive
        unknown = unknown or truth is None
    return None if unknown else not decisive
