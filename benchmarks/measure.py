"""Interleaved measuring: every contestant runs in each round; ratios are taken within a round."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Contest:
    """What one contestant took, round by round.

    Attributes:
        name: The contestant's name.
        seconds: Seconds per call, one figure per round.
        ratios: The same, each divided by the peer's figure of that round.
    """

    name: str
    seconds: tuple[float, ...]
    ratios: tuple[float, ...]

    def row(self) -> str:
        """Return the median time, the median ratio and the middle half of the ratios as a line."""
        low, middle, high = statistics.quantiles(self.ratios, n=4)
        microseconds = statistics.median(self.seconds) * 1e6
        return f"{self.name:<42}{microseconds:>11.0f} us{middle:>9.2f}x   ({low:.2f} to {high:.2f})"


def race(
    contestants: Mapping[str, Callable[[], object]], *, peer: str, rounds: int = 30, calls: int = 20
) -> list[Contest]:
    """Run the contestants in turn and compare each with the peer.

    Args:
        contestants: What to call, by name.
        peer: The name of the contestant that the others are divided by.
        rounds: How often every contestant has its turn.
        calls: How many calls make a turn.

    Returns:
        A result for each contestant, in the order given.
    """
    for call in contestants.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, call in contestants.items():
            times[name].append(_turn(call, calls))
    base = times[peer]
    return [
        Contest(name, tuple(own), tuple(a / b for a, b in zip(own, base, strict=True)))
        for name, own in times.items()
    ]


def _turn(call: Callable[[], object], calls: int) -> float:
    gc.collect()
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls
