"""From names to things, by driving the plan with pages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright._resolution import MAX_NEAREST_PAGES, Page, Plan, WantedPage, find
from evalwright.errors import AmbiguousName, NameNotFound


@dataclass
class Thing:
    id: str
    name: str
    space_id: str | None = None
    dataset_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Shelf:
    """A listing as servers give it: substring filter, whatever the case, in pages."""

    def __init__(self, *things: Thing, size: int = 2) -> None:
        self.things = things
        self.size = size
        self.asked: list[WantedPage] = []

    def page(self, want: WantedPage) -> Page[Thing]:
        self.asked.append(want)
        rows = [
            thing
            for thing in self.things
            if want.name is None or want.name.casefold() in thing.name.casefold()
        ]
        start = int(want.cursor or 0)
        end = start + self.size
        return Page(rows[start:end], str(end) if end < len(rows) else None)


def drive(answer: Callable[[WantedPage], Page[Thing]], name: str, **options: str) -> Thing:
    plan: Plan[Thing] = find("task", name, **options)
    want = next(plan)
    while True:
        try:
            want = plan.send(answer(want))
        except StopIteration as end:
            thing: Thing = end.value
            return thing


def test_an_exact_name_is_found_among_longer_ones() -> None:
    shelf = Shelf(Thing("1", "nightly-2"), Thing("2", "Nightly"), Thing("3", "nightly"))
    assert drive(shelf.page, "nightly").id == "3"


def test_all_pages_are_read_so_that_a_second_one_is_noticed() -> None:
    shelf = Shelf(*(Thing(str(n), "x") for n in (1, 2, 3)))
    with pytest.raises(AmbiguousName) as caught:
        drive(shelf.page, "x", disambiguate="space")
    assert [candidate.id for candidate in caught.value.candidates] == ["1", "2", "3"]
    assert caught.value.disambiguate == "space"


def test_the_same_thing_on_two_pages_is_one() -> None:
    """Rows move between pages while they are read."""
    thing = Thing("1", "x")
    assert drive(Shelf(thing, thing, thing).page, "x") is thing


def test_a_miss_names_the_nearest_and_how_many_were_searched() -> None:
    shelf = Shelf(Thing("1", "nightly-eval"), Thing("2", "weekly"), Thing("3", "other"))
    with pytest.raises(NameNotFound) as caught:
        drive(shelf.page, "nigthly-eval", scope="space 'demo'")
    assert caught.value.nearest == ("nightly-eval",)
    assert caught.value.searched == 3
    text = "there is no task named 'nigthly-eval' in space 'demo' (3 searched)"
    assert str(caught.value).startswith(text)
    assert "did you mean 'nightly-eval'?" in str(caught.value)


def test_case_counts() -> None:
    with pytest.raises(NameNotFound, match="did you mean 'Nightly'") as caught:
        drive(Shelf(Thing("1", "Nightly")).page, "nightly")
    assert caught.value.name == "nightly"


def test_a_miss_among_nothing() -> None:
    with pytest.raises(NameNotFound, match=r"\(0 searched\)$"):
        drive(Shelf().page, "x")


def test_reading_for_nearest_names_is_bounded() -> None:
    shelf = Shelf(*(Thing(str(n), f"other {n}") for n in range(100)), size=1)
    with pytest.raises(NameNotFound) as caught:
        drive(shelf.page, "zzz")
    assert caught.value.searched == MAX_NEAREST_PAGES
    assert len(shelf.asked) == 1 + MAX_NEAREST_PAGES


def test_a_server_that_repeats_its_cursor_does_not_hold_us() -> None:
    thing = Thing("1", "x")
    assert drive(lambda _: Page([thing], "again"), "x") is thing


def test_a_server_whose_filter_loses_the_name_still_serves() -> None:
    thing = Thing("1", "x")
    assert drive(lambda want: Page([] if want.name else [thing], None), "x") is thing


def test_candidates_say_where_they_live_and_how_old_they_are() -> None:
    day = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    shelf = Shelf(
        Thing("1", "x", space_id="S", created_at=day),
        Thing("2", "x", dataset_id="D", space_id="S", updated_at=day),
        Thing("3", "x"),
    )
    with pytest.raises(AmbiguousName) as caught:
        drive(shelf.page, "x")
    scopes = [(candidate.scope, candidate.updated_at) for candidate in caught.value.candidates]
    assert scopes == [("space S", day), ("dataset D", day), (None, None)]
    assert str(caught.value) == (
        "3 tasks are named 'x'; pass an ID:\n"
        "  1 in space S, updated 2026-01-02 03:04:05 UTC\n"
        "  2 in dataset D, updated 2026-01-02 03:04:05 UTC\n"
        "  3"
    )


@given(names=st.lists(st.sampled_from("abcABC"), max_size=12), wanted=st.sampled_from("abc"))
def test_agrees_with_counting(names: list[str], wanted: str) -> None:
    shelf = Shelf(*(Thing(str(n), name) for n, name in enumerate(names)), size=3)
    match names.count(wanted):
        case 0:
            with pytest.raises(NameNotFound):
                drive(shelf.page, wanted)
        case 1:
            assert drive(shelf.page, wanted).id == str(names.index(wanted))
        case count:
            with pytest.raises(AmbiguousName) as caught:
                drive(shelf.page, wanted)
            assert len(caught.value.candidates) == count
