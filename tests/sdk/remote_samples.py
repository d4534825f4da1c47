"""Functions that are sent elsewhere, and some that can't be."""

from __future__ import annotations

import functools
import math
import math as mathematics
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from sdk import samples
from sdk.other_remote_samples import calls_twin
from sdk.samples import make_id

if TYPE_CHECKING:
    from decimal import Decimal

SCALE = 2.5
LOOKUP = {"a": [1, 2]}
LOCK = object()


class Kind(Enum):
    """A word."""

    ROUND = "round"
    SQUARE = "square"


@dataclass
class Point:
    """A place."""

    x: float
    y: float
    kind: Kind = Kind.ROUND
    seen: date | None = None
    tags: tuple[str, ...] = ()
    length: float = field(init=False, default=0.0)


@dataclass
class Line:
    """Some places in a row."""

    slope: float
    points: list[Point] = field(default_factory=list)
    at: datetime | None = None


def norm(point: Point) -> float:
    return math.hypot(point.x, point.y) * SCALE


def fit(points: list[Point], *, times: int = 1, at: datetime | None = None) -> Line:
    assert all(isinstance(point, Point) for point in points)
    print("fitting", len(LOOKUP), "of", make_id("X"))
    return Line(sum(norm(point) for point in points) * times, points, at)


def shapes(first: Kind, rest: dict[str, Kind | int], pair: tuple[int, date]) -> set[str]:
    assert first is Kind.SQUARE
    assert pair[1].year == 2026
    return {repr(first), *(repr(each) for each in rest.values())}


def which(items: list[int | Kind | Line | Point | None]) -> list[str]:
    return [type(item).__name__ for item in items]


def add(a, b):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    return a + b


def total(*numbers: int, **more: int) -> int:
    return sum(numbers) + sum(more.values())


def fails() -> int:
    raise ValueError("not today")


def lies() -> int:
    return "many"  # type: ignore[return-value]


def counted(count: Decimal) -> int:
    return int(count)


def even(n: int) -> bool:
    return True if n == 0 else odd(n - 1)


def odd(n: int) -> bool:
    return False if n == 0 else even(n - 1)


alias = even


def twin() -> int:
    return 1


def two_of_a_name() -> int:
    return twin() + calls_twin()


def renamed(n: int) -> bool:
    return alias(int(mathematics.sqrt(n)))


@functools.cache
def cached(n: int) -> int:
    return n + 1


def with_lock() -> str:
    return str(LOCK)


def with_module() -> str:
    return samples.NOW


def undefined() -> int:
    return nowhere  # type: ignore[name-defined,no-any-return] # noqa: F821


def returns_what_no_json_has() -> Iterator[Any]:
    return iter([1])


def returns_lock() -> object:
    return object()


async def waits() -> int:
    return 1


def counts() -> Iterator[int]:
    yield 1


class Tools:
    """Not sendable."""

    @staticmethod
    def static() -> int:
        return 1

    def method(self) -> int:
        return 1

    class Inner:
        """Not sendable either."""


Inner = Tools.Inner


def nested() -> str:
    return repr(Inner())


def make_closure() -> Any:
    secret = 3

    def inner(n: int) -> int:
        return n + secret

    return inner
