"""The benchmark of the metrics: its sets are what they claim to be, its statistics are right."""

import statistics

import pytest
from benchmarks.quality.auc import area, best_threshold, bootstrapped, share
from benchmarks.quality.cases import CASES, GOOD
from benchmarks.quality.data import CORRUPTIONS, Half, formal, grounded, partial, refusing

HALVES: tuple[Half, ...] = ("tuning", "test")


def test_contexts_are_enough_and_split_in_half() -> None:
    entries = grounded()
    assert len(entries) >= 40
    assert len({entry.id for entry in entries}) == len(entries)
    assert sum(entry.half == "test" for entry in entries) == len(entries) / 2


def test_no_passage_is_in_both_halves() -> None:
    """What was tuned on a passage would be tested on it."""
    seen = {half: {text for e in grounded() if e.half == half for text in e.c} for half in HALVES}
    assert not seen["tuning"] & seen["test"]


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_corruptions_change_something_and_keep_the_length(kind: str) -> None:
    """Length must not tell them: their answers would be known without reading."""
    changes = [len(entry.corrupted(kind)) / len(entry.a) for entry in grounded()]
    assert all(entry.corrupted(kind) != entry.a for entry in grounded())
    assert statistics.mean(changes) == pytest.approx(1, abs=0.02)
    assert all(0.75 < change < 1.25 for change in changes)


def test_the_other_sets_are_balanced_and_of_like_length() -> None:
    for half in HALVES:
        mine = [entry for entry in refusing() if entry.half == half]
        assert sum(entry.refuses for entry in mine) == len(mine) / 2
    whole = sum(len(entry.full) for entry in partial())
    assert sum(len(entry.part) for entry in partial()) == pytest.approx(whole, rel=0.05)
    for kind in ("length", "format", "count", "wording"):
        halves = [entry.half for entry in formal() if entry.kind == kind]
        assert halves.count("test") == halves.count("tuning")


@pytest.mark.parametrize("metric", CASES)
def test_each_fault_has_good_cases_beside_it(metric: str) -> None:
    for half in HALVES:
        cases = list(CASES[metric](half))
        good = {case.group for case in cases if case.kind == GOOD}
        assert {case.group for case in cases if case.kind != GOOD} <= good


def test_the_area_is_the_chance_of_the_right_order() -> None:
    assert area([2, 3], [0, 1]) == 1
    assert area([0, 1], [2, 3]) == 0
    assert area([1], [1]) == 0.5
    assert area([1, 3], [2]) == 0.5
    assert area([0.5 + 1e-9], [0.5]) == 0.5, "the last bits depend on the machine"


def test_the_interval_holds_the_area_and_shrinks_with_more_groups() -> None:
    def interval(groups: int) -> float:
        good = [(str(n), n % 5 / 5) for n in range(groups)]
        bad = [(str(n), n % 4 / 5) for n in range(groups)]
        found = bootstrapped(good, bad)
        assert found.low <= found.value <= found.high
        return found.high - found.low

    assert interval(200) < interval(20)


def test_cases_of_one_group_are_no_further_evidence() -> None:
    once = [(str(n), n % 5 / 5) for n in range(20)]
    bad = [(str(n), n % 4 / 5) for n in range(20)]
    alone, tripled = bootstrapped(once, bad), bootstrapped(once * 3, bad * 3)
    assert (tripled.low, tripled.high) == pytest.approx((alone.low, alone.high), abs=0.02)


def test_the_threshold_parts_what_can_be_parted() -> None:
    good, bad = [0.7, 0.8, 0.9], [0.1, 0.4]
    threshold = best_threshold(good, bad)
    assert share(good, threshold) == 1
    assert share(bad, threshold) == 0
