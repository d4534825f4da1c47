"""A typed function, as the client's documentation has them."""

from dataclasses import dataclass


@dataclass
class Pair:
    """What goes in."""

    first: int
    second: int


@dataclass
class Sum:
    """What comes out."""

    total: int


def add(pair: Pair) -> Sum:
    print("adding")
    return Sum(total=pair.first + pair.second)


def fail(pair: Pair) -> Sum:
    raise ValueError(f"not {pair.first}")
