"""From sqlglot's tree to a predicate, refusing whatever is not listed here.

sqlglot understands all of SQL and much more; a filter may use little of it. Every node is checked
for its kind and for each of its arguments, so a new feature of sqlglot's is refused until it is
added here.
"""

from collections.abc import Callable, Iterator
from math import isfinite
from typing import Final

from pydantic import JsonValue
from sqlglot import expressions as exp

from evalwright_server.filters import logic
from evalwright_server.filters.columns import Row, Term, column
from evalwright_server.filters.errors import ALLOWED, FilterError
from evalwright_server.filters.like import like
from evalwright_server.filters.parsing import MAX_DEPTH, parse, position_of

ORDERS: Final[dict[type[exp.Expr], str]] = {
    exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
}  # fmt: skip

Filter = Callable[[Row], bool]
"""Tells whether a row passes."""


def compile_filter(text: str) -> Filter:
    """Compile a filter.

    Args:
        text: Such as `attributes.llm.model_name = 'small' AND NOT "eval.tone.label" IN ('rude')`.

    Raises:
        FilterError: It is not a filter; says where, and what is allowed.
    """
    tree = parse(text)
    try:
        predicate = condition(tree, 0)
    except RecursionError as error:  # by a name of a thousand parts, for one
        raise FilterError("The filter is nested too deeply.", 0) from error
    return lambda row: predicate(row) is True


def refuse(node: exp.Expr, message: str) -> FilterError:
    """Make the error for a node."""
    return FilterError(f"{message} {ALLOWED}", position_of(node))


def arguments(node: exp.Expr, *names: str) -> list[exp.Expr]:
    """Take a node's arguments, and make sure that there are no others.

    Raises:
        FilterError: One is missing, or there is one that is not known here.
    """
    given = {name: value for name, value in node.args.items() if value not in (None, False, [])}
    if set(given) != set(names):
        raise refuse(node, f"{describe(node)} can't be used like that.")
    return [given[name] for name in names]


def describe(node: exp.Expr) -> str:
    """Name a construct as its author would know it."""
    if isinstance(node, exp.Anonymous):
        return f"The function {node.name}"
    return f"'{node.sql()[:40]}'"


def condition(node: exp.Expr, depth: int) -> logic.Predicate:
    """Compile what is true, false or unknown."""
    if depth > MAX_DEPTH:
        raise FilterError("The filter is nested too deeply.", position_of(node))
    if isinstance(node, exp.And | exp.Or):
        parts = [condition(part, depth + 1) for part in chain(node)]
        return logic.all_of(parts) if isinstance(node, exp.And) else logic.any_of(parts)
    if isinstance(node, exp.Not):
        return logic.negated(condition(arguments(node, "this")[0], depth + 1))
    if isinstance(node, exp.Paren):
        return condition(arguments(node, "this")[0], depth + 1)
    if isinstance(node, exp.Column | exp.Dot | exp.Boolean):
        return logic.is_true(term(node))
    return comparison(node)


def chain(node: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the members of `a AND b AND c`, or of the same with OR, in order.

    Raises:
        FilterError: A link is not what it seems.
    """
    pending = [node]
    while pending:
        current = pending.pop()
        if type(current) is type(node):
            left, right = arguments(current, "this", "expression")
            pending += [right, left]
        else:
            yield current


def comparison(node: exp.Expr) -> logic.Predicate:
    """Compile what compares terms."""
    if isinstance(node, exp.EQ | exp.NEQ):
        left, right = (term(side) for side in arguments(node, "this", "expression"))
        same = logic.equals(left, right)
        return same if isinstance(node, exp.EQ) else logic.negated(same)
    if type(node) in ORDERS:
        left, right = (term(side) for side in arguments(node, "this", "expression"))
        return logic.ordered(ORDERS[type(node)], left, right)
    if isinstance(node, exp.In):
        return membership(node)
    if type(node) is exp.Like:
        return pattern_match(node)
    if isinstance(node, exp.Is):
        tested, null = arguments(node, "this", "expression")
        if not isinstance(null, exp.Null):
            raise refuse(node, "IS is for NULL only.")
        return logic.is_null(term(tested))
    if isinstance(node, exp.Literal | exp.Neg | exp.Null):
        raise refuse(node, f"{describe(node)} is a value, where a comparison is expected.")
    raise refuse(node, f"{describe(node)} is not available.")


def membership(node: exp.In) -> logic.Predicate:
    """Compile IN."""
    if not node.args.get("expressions"):
        raise refuse(node, "IN needs a list of values, such as IN ('a', 'b').")
    tested = arguments(node, "this", "expressions")[0]
    return logic.one_of(term(tested), [literal(value) for value in node.expressions])


def pattern_match(node: exp.Like) -> logic.Predicate:
    """Compile LIKE and NOT LIKE, which sqlglot takes for one thing."""
    negate = ["negate"] if node.args.get("negate") else []
    tested, pattern = arguments(node, "this", "expression", *negate)[:2]
    text = literal(pattern)
    if not isinstance(text, str):
        raise refuse(pattern, "LIKE needs a text as pattern, such as LIKE '%a%'.")
    try:
        matches = like(term(tested), text)
    except ValueError as error:
        raise refuse(pattern, f"LIKE can't be used here: {error}.") from error
    return logic.negated(matches) if negate else matches


def term(node: exp.Expr) -> Term:
    """Compile an operand: a column or a constant."""
    while isinstance(node, exp.Paren):
        (node,) = arguments(node, "this")
    if isinstance(node, exp.Column | exp.Dot):
        return column(name_parts(node))
    value = literal(node)
    return lambda _: value


def name_parts(node: exp.Expr) -> list[str]:
    """Take a dotted name apart.

    Raises:
        FilterError: Something else than names stands between the dots.
    """
    if isinstance(node, exp.Dot):
        left, right = arguments(node, "this", "expression")
        return [*name_parts(left), *name_parts(right)]
    if isinstance(node, exp.Identifier):
        return [str(node.this)]
    if isinstance(node, exp.Column):
        levels = ("catalog", "db", "table", "this")
        names = [level for level in levels if node.args.get(level)]
        return [part for each in arguments(node, *names) for part in name_parts(each)]
    raise refuse(node, f"{describe(node)} can't be part of a column's name.")


def literal(node: exp.Expr) -> JsonValue:
    """Take the value of a constant.

    Raises:
        FilterError: It is none.
    """
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Literal):
        return str(node.this) if node.is_string else number(node, str(node.this))
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and node.this.is_number:
        return number(node, f"-{node.this.this}")
    if isinstance(node, exp.Null):
        raise refuse(node, "Nothing equals NULL: write IS NULL or IS NOT NULL.")
    if isinstance(node, exp.Column | exp.Dot):
        raise refuse(node, f"{describe(node)} is a column, where only values can stand; texts are"
                           " put in 'single quotes'.")  # fmt: skip
    raise refuse(node, f"{describe(node)} is not available.")


def number(node: exp.Expr, text: str) -> int | float:
    """Read a number.

    Raises:
        FilterError: It is out of range.
    """
    try:
        value = float(text)
        exact = int(text) if text.lstrip("-").isdecimal() else value
    except ValueError as error:
        raise refuse(node, f"'{text[:40]}' is not a number.") from error
    if not isfinite(value):
        raise refuse(node, f"'{text[:40]}' is too large.")
    return exact
