"""The database's clock. Leases and deadlines are ruled by it and by no other.

Hosts disagree about the time; whoever compares a lease with its own clock takes runs away from
workers that are alive. So statements carry these constructs, never a time computed in Python.
"""

from datetime import datetime

from sqlalchemy import BindParameter, Float, Text, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement

from evalwright_server.store.tables.columns import UtcTimestamp

# The layout SQLAlchemy gives to timestamps in SQLite; they are compared as text.
_SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now'"


class now(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function it stands for
    """The current time, advancing within a transaction."""

    type = UtcTimestamp()
    inherit_cache = True


class seconds_from_now(FunctionElement[datetime]):  # noqa: N801 - as above
    """The current time plus a number of seconds.

    Args:
        seconds: A number, or a bind parameter that holds one.
    """

    type = UtcTimestamp()
    inherit_cache = True

    def __init__(self, seconds: float | BindParameter[float]) -> None:
        parameter = seconds if isinstance(seconds, BindParameter) else literal(seconds, Float())
        super().__init__(parameter)


class timestamp_text(FunctionElement[str]):  # noqa: N801 - as above
    """A point in time as RFC 3339 text in UTC with microseconds.

    Args:
        moment: A column of the type `UtcTimestamp`.
    """

    type = Text()
    inherit_cache = True


@compiles(timestamp_text, "sqlite")
def _text_on_sqlite(element: timestamp_text, compiler: SQLCompiler, **_: object) -> str:
    return f"(replace({compiler.process(element.clauses)}, ' ', 'T') || 'Z')"


@compiles(timestamp_text, "postgresql")
def _text_on_postgresql(element: timestamp_text, compiler: SQLCompiler, **_: object) -> str:
    moment = compiler.process(element.clauses)
    return f"""to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


@compiles(now, "sqlite")
def _now_on_sqlite(_element: now, _compiler: SQLCompiler, **_: object) -> str:
    return f"{_SQLITE_NOW})"


@compiles(now, "postgresql")
def _now_on_postgresql(_element: now, _compiler: SQLCompiler, **_: object) -> str:
    return "clock_timestamp()"


@compiles(seconds_from_now, "sqlite")
def _later_on_sqlite(element: seconds_from_now, compiler: SQLCompiler, **_: object) -> str:
    seconds = compiler.process(element.clauses)
    return f"{_SQLITE_NOW}, printf('%+.6f seconds', {seconds}))"


@compiles(seconds_from_now, "postgresql")
def _later_on_postgresql(element: seconds_from_now, compiler: SQLCompiler, **_: object) -> str:
    seconds = compiler.process(element.clauses)
    return f"(clock_timestamp() + make_interval(secs => CAST({seconds} AS double precision)))"
