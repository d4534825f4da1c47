"""docs/metrics.md repeats what the code is and what the benchmark prints."""

import re
from pathlib import Path

import pytest
from benchmarks.quality.__main__ import BEGIN, END, renewed
from benchmarks.quality.auc import area
from benchmarks.quality.cases import CASES, GOOD
from benchmarks.quality.figures import marked, refusal_figures, rows
from benchmarks.quality.report import AREAS, CUTS, refusals, table

from evalwright_server.metrics import METRICS, OfflineEngine
from evalwright_server.metrics.offline import BY_RULES

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
FIGURES = PAGE.partition(BEGIN)[2].partition(END)[0]
BY_RULES_ALONE = [key for key in CASES if key in BY_RULES]


@pytest.mark.parametrize("key", METRICS)
def test_every_metric_has_a_card(key: str) -> None:
    metric = METRICS[key]
    card = PAGE.partition(f"\n### `{key}`: {metric.display_name}\n")[2].partition("\n### ")[0]
    assert metric.definition in card
    assert f"- Engines: {', '.join(f'`{engine}`' for engine in metric.engines)}" in card
    for need in metric.needs:
        assert f"`{need}`" in card
    assert "- Fails on: " in card


def test_the_tables_have_the_rows_that_are_printed() -> None:
    """Their numbers take minutes of embedding; those that don't are held to below."""
    wanted = []
    for metric, make in CASES.items():
        kinds = list(dict.fromkeys(case.kind for case in make("test") if case.kind != GOOD))
        wanted += [(metric, kind) for kind in ["all kinds", *kinds]]
    areas = FIGURES.partition(table(AREAS, []))[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \| ([^|]+) \|", areas, re.MULTILINE) == wanted
    cuts = FIGURES.partition(table(CUTS, []))[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", cuts, re.MULTILINE) == list(CASES)


@pytest.mark.parametrize("key", BY_RULES_ALONE)
def test_figures_of_rules_are_those_of_today(key: str) -> None:
    for row in rows(key, marked(key, "test", OfflineEngine(None))):
        printed = f"| `{key}` | {row.kind} | {row.cases[0]} / {row.cases[1]} | {row.area} |"
        assert printed in FIGURES


def test_figures_of_refusals_are_those_of_today() -> None:
    assert refusals("test") in FIGURES
    assert 0 <= refusal_figures("test").precision <= 1


def test_new_figures_take_the_place_of_old_ones() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter"
    again = renewed(renewed(page, "new\n"), "new\n")
    assert again == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter"


def test_words_do_not_tell_true_from_false() -> None:
    """The page calls these proxies; if they were not, it would be wrong."""
    engine = OfflineEngine(None)
    for key in ("rouge_l", "bleu", "token_f1", "levenshtein"):
        cases = marked(key, "tuning", engine)
        good = [one.score for one in cases if one.case.kind == GOOD]
        bad = [one.score for one in cases if one.case.kind in ("number", "date", "negation")]
        assert area(good, bad) < 0.65
