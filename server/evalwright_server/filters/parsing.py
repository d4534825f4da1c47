"""From a filter's text to sqlglot's tree, with errors that point into the text."""

from collections.abc import Iterator
from typing import Final

import sqlglot
from sqlglot import TokenType
from sqlglot import expressions as exp
from sqlglot.errors import ParseError, TokenError

from evalwright_server.filters.dialect import FilterDialect
from evalwright_server.filters.errors import ALLOWED, FilterError

MAX_LENGTH: Final = 10_000
MAX_DEPTH: Final = 20
"""How many parentheses and NOTs may lie within each other."""


def parse(text: str) -> exp.Expr:
    """Parse one boolean expression.

    Raises:
        FilterError: It is none, or is too long or too deep.
    """
    if not text.strip():
        raise FilterError(f"The filter is empty. {ALLOWED}", 0)
    if len(text) > MAX_LENGTH:
        raise FilterError(f"The filter is longer than {MAX_LENGTH} characters.", MAX_LENGTH)
    try:
        check_tokens(text)
        return sqlglot.parse_one(text, dialect=FilterDialect, into=exp.Condition)
    except ParseError as error:
        raise explained(error, text) from error
    except TokenError as error:
        position = open_quote(text)
        raise FilterError("A quote that opens here is not closed.", position) from error
    except RecursionError as error:
        raise FilterError("The filter is nested too deeply.", 0) from error


def check_tokens(text: str) -> None:
    """Look for what the parser would pass over, or take many stack frames for.

    Raises:
        FilterError: A semicolon, after which sqlglot reads another statement and drops it; or too
            many parentheses open at once.
        TokenError: A quote is not closed.
    """
    depth = 0
    for token in sqlglot.tokenize(text, dialect=FilterDialect):
        if token.token_type is TokenType.SEMICOLON:
            raise FilterError(f"';' is not expected here. {ALLOWED}", token.start)
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        if depth > MAX_DEPTH:
            raise FilterError("The filter is nested too deeply.", token.start)


def explained(error: ParseError, text: str) -> FilterError:
    """Translate a parse error."""
    if not error.errors:
        return FilterError(f"The filter is empty. {ALLOWED}", 0)
    found = error.errors[0]
    word = found.get("highlight") or ""
    lines = text.splitlines(keepends=True)[: int(found.get("line") or 1) - 1]
    end = sum(map(len, lines)) + int(found.get("col") or 0)
    position = min(max(end - len(word), 0), len(text))
    quoted = word if word.startswith(("'", '"')) else f"'{word}'"
    description = str(found.get("description") or "")
    if description.startswith("Required keyword"):
        return FilterError(f"Something is missing next to {quoted}. {ALLOWED}", position)
    if description.startswith("Expecting"):
        wanted = description.removeprefix("Expecting ")
        return FilterError(f"Expected {wanted} after {quoted}.", position)
    return FilterError(f"{quoted} is not expected here. {ALLOWED}", position)


def open_quote(text: str) -> int:
    """Find the quote that nothing closes; the end of the text if all are closed."""
    opened: int | None = None
    for position, character in enumerate(text):
        if opened is None and character in "'\"":
            opened = position
        elif opened is not None and character == text[opened]:
            opened = None
    return len(text) if opened is None else opened


def position_of(node: exp.Expr) -> int:
    """Say where a node starts; sqlglot notes that for names and literals only."""
    return min((int(each.meta["start"]) for each in descendants(node)), default=0)


def descendants(node: exp.Expr) -> Iterator[exp.Expr]:
    """Yield a node and those below it whose place is known."""
    for each in node.walk():
        if "start" in each.meta:
            yield each
