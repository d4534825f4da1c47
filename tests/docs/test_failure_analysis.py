"""The page on failure analysis says what the code does."""

import re
import runpy
from typing import Any

import pytest

from docs.blocks import ROOT
from evalwright_server.failures import KINDS
from evalwright_server.failures.analysis import ALERTING, GATED_SHARE, GATING, SURE
from evalwright_server.failures.languages import LANGUAGES, LATIN_LANGUAGES
from evalwright_server.failures.scores import DECIDED, JUDGED, UNDECIDED
from evalwright_server.failures.scoring import AGREEMENT, OVERRIDE
from evalwright_server.services.failure_trials import MOST_CONTEXT


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "failure_taxonomy.py"))


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs" / "failure-analysis.md").read_text(encoding="utf-8")


def test_the_table_of_kinds_is_that_of_the_code(script: dict[str, Any], page: str) -> None:
    """If it is not: python scripts/failure_taxonomy.py."""
    assert script["parts"](page)[1] == script["table"]()


def test_the_limits_of_every_detector_are_told(page: str) -> None:
    section = page.partition("## What detectors can and can't tell")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(KINDS)
    assert f"{len(KINDS)}\nkinds of failures" in page


def test_the_figures_of_the_formulas_are_those_of_the_code(page: str) -> None:
    said = " ".join(page.split())
    for text in (
        f"a certainty of {UNDECIDED:g} + {DECIDED - UNDECIDED:g} · |2s - 1|",
        f"judge's score has a certainty of {JUDGED:g}",
        f"Bonus and penalty are {AGREEMENT:g}",
        f"has at least {OVERRIDE:g} (`security_override`)",
        f"a severity of {ALERTING:g} and a confidence of {SURE:g}",
        f"a severity of {GATING:g} with that confidence, or {GATED_SHARE:.0%}".replace("%", " %"),
        f"5,000 of output, {MOST_CONTEXT:,} of context",
    ):
        assert text in said
    assert (len(LATIN_LANGUAGES), len(LANGUAGES) - len(LATIN_LANGUAGES)) == (10, 9)
