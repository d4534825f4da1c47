"""Whole answers, analysed as workers do it: with metrics, and with closeness of meaning."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from evalwright_server.failures import KINDS
from evalwright_server.runs.analysis_payload import FailureOptions
from evalwright_server.runs.handlers.evaluation_analysis import Gauge
from evalwright_server.runs.handlers.failure_analysis import FailureAnalyst
from evalwright_server.runs.handlers.workbench import Workbench
from evalwright_server.services.failure_requests import choose_metrics

ANSWERS = tomllib.loads((Path(__file__).parent / "answers.toml").read_text(encoding="utf-8"))
BENCH = Workbench()


def decisions(item: Mapping[str, Any]) -> dict[str, str]:
    """Return the decision about each kind of failure that was looked for."""
    metrics = choose_metrics({}, [dict(item)])
    # Personal data only: what tells other harm takes many seconds to load.
    options = FailureOptions(metrics=metrics, categories=("S10",))
    analyst = FailureAnalyst(options, Gauge(metrics, None, BENCH), BENCH)
    [examined] = analyst.examine([dict(item)])
    assert examined.looked is not None
    return {tag.kind.id: tag.decision for tag in examined.looked.tags}


@pytest.mark.parametrize("item", ANSWERS["sound"], ids=lambda item: item["input"][:30])
def test_nothing_is_found_in_sound_answers(item: dict[str, Any]) -> None:
    """Some of these are short, in other languages, or paraphrase their sources."""
    failed = [kind for kind, decision in decisions(item).items() if decision == "fail"]
    assert failed == []


@pytest.mark.parametrize("item", ANSWERS["failing"], ids=lambda item: item["kind"])
def test_what_is_wrong_is_found(item: dict[str, Any]) -> None:
    found = decisions(item)
    if item["kind"] not in found:
        # Without the extra `embeddings` nothing is said, rather than something wrong.
        assert KINDS[item["kind"]].rests_on
        return
    assert found[item["kind"]] == "fail"
