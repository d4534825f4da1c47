"""The language of `query_filter`: which rows are looked at.

A boolean expression as in SQL's WHERE, over the columns of a row:

    passes = compile_filter("output LIKE '%refund%' AND (score < 0.5 OR score IS NULL)")
    passes({"output": "a refund", "score": 0.2})  # True

sqlglot parses it; an allow-list, `compiling`, decides what of that is a filter; `logic` says what
it means for JSON values. Nothing is ever sent to a database.
"""

from evalwright_server.filters.compiling import Filter, compile_filter
from evalwright_server.filters.errors import FilterError

__all__ = ["Filter", "FilterError", "compile_filter"]
