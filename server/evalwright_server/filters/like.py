"""LIKE: `%` stands for any characters, `_` for one, and a backslash takes their meaning away."""

import json
import re
from functools import partial
from typing import Final

import re2

from evalwright_server.filters.columns import Row, Term
from evalwright_server.filters.logic import Predicate, Truth

TOKEN: Final = re.compile(r"\\(?P<escaped>[%_\\])|(?P<many>%)|(?P<one>_)|(?P<plain>.)", re.DOTALL)
PIECES: Final = {"many": ".*", "one": "."}
_write: Final = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
"""JSON as it is in the database: without blanks."""


def like(term: Term, pattern: str) -> Predicate:
    """Make `term LIKE pattern`.

    The whole text has to match, with regard to case. Values that are not texts are matched by
    their JSON text. RE2 runs it in linear time, which translations to backtracking engines do not.

    Args:
        term: What is matched.
        pattern: As written between the quotes.

    Raises:
        ValueError: It holds characters that are no Unicode text, or is too long for RE2.
    """
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    source = "".join(
        PIECES.get(str(token.lastgroup)) or re2.escape(token[str(token.lastgroup)])
        for token in TOKEN.finditer(pattern)
    )
    try:
        regex = re2.compile(source, options=options)
    except re2.error as error:
        raise ValueError(f"the pattern is too long: {error}") from error

    def judge(row: Row) -> Truth:
        value = term(row)
        if value is None:
            return None
        text = value if isinstance(value, str) else _write(value)
        # A lone surrogate, which RE2 can't be given, counts as one character still.
        return regex.fullmatch(text.encode("utf-8", "replace").decode()) is not None

    return judge
