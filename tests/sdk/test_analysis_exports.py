"""Results as files: every kind in every format, and what is nasty in them."""

import copy
import csv
import io
import json
import pickle
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from evalwright.errors import InvalidRequest, MissingExtra
from sdk.analysis_clients import tape, whole
from sdk.analysis_samples import (
    RUN,
    analysed,
    attack,
    audit,
    audited,
    evaluation,
    failures,
    item,
    page,
    red_team,
    tag,
)
from sdk.driven import plain
from sdk.scripted_server import Reply, ScriptedServer

__all__ = ["tape", "whole"]

NASTY = "a|b\n<c> & \x00😀"


@pytest.fixture
def run(whole: Any, server: ScriptedServer) -> Any:
    """An evaluation."""
    path = f"/v2/evaluate/runs/{RUN}"
    server.on("GET", path, Reply(json=evaluation()))
    server.on("GET", f"{path}/items", page([item(0, input=NASTY), item(1)]))
    return whole.eval.get(run_id=RUN)


def suites(text: str) -> dict[str, list[tuple[str, list[str]]]]:
    """The test cases of a JUnit file: names, and what became of them."""
    return {
        suite.attrib["name"]: [
            (case.attrib["name"], [child.tag for child in case]) for case in suite
        ]
        for suite in ET.fromstring(text)
    }


def test_an_evaluation_as_json(run: Any, tmp_path: Path) -> None:
    target = tmp_path / "results.json"
    text = run.to_json(target)
    assert target.read_text(encoding="utf-8") == text
    found = json.loads(text)
    assert found["aggregate_scores"] == {"equals": 0.75, "fluency": 0.75}
    assert [each["index"] for each in found["items"]] == [0, 1]
    assert found["items"][0]["input"] == NASTY


def test_an_evaluation_as_csv(run: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(run.to_csv())))
    assert [row["equals"] for row in rows] == ["1.0", "0.25"]
    assert [row["fluency"] for row in rows] == ["0.75", ""]
    assert rows[0]["input"].startswith("a|b\n<c>")
    assert rows[1]["output"] == "'=5"  # else a spreadsheet would calculate it
    assert rows[1]["errors"] == "fluency the judge gave no JSON"


def test_an_evaluation_as_markdown(run: Any) -> None:
    text = run.to_markdown()
    assert text.startswith("# Evaluation nightly\n")
    assert "| equals | 0.75 | ± 0.100 | 2 | 0 | 1 (from 0.5) | rules |" in text
    (line,) = [line for line in text.splitlines() if "a\\|b" in line]
    assert "\\<c\\>" in line


def test_an_evaluation_as_junit(run: Any) -> None:
    """Scores under their threshold fail; what could not be scored is skipped, not failed."""
    text = run.to_junit()
    assert suites(text) == {
        "equals": [("item 0", []), ("item 1", ["failure"])],
        "fluency": [("item 0", []), ("item 1", ["skipped"])],
    }
    root = ET.fromstring(text)
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["skipped"]) == (
        "4",
        "1",
        "1",
    )
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.attrib["message"] == "0.250 is below 0.5; it is | not the same"


def test_pandas_is_an_extra(run: Any) -> None:
    """With it, there is a row for each item; without, the error says what to install."""
    try:
        import pandas  # noqa: F401, ICN001 - only where it is installed
    except ImportError:
        with pytest.raises(MissingExtra, match="pandas"):
            run.to_pandas()
    else:
        assert list(run.to_pandas()["equals"]) == [1.0, 0.25]


def test_results_travel(run: Any) -> None:
    """Copies read on; what was in another process has to be asked for again."""
    found = plain(run)
    assert copy.deepcopy(found) == found.model_copy(deep=True) == found
    there = pickle.loads(pickle.dumps(found))
    assert there.aggregate_scores == found.aggregate_scores
    with pytest.raises(InvalidRequest, match="get it again"):
        there._items(RUN)


def test_a_failure_analysis(whole: Any, server: ScriptedServer) -> None:
    tags = [tag(), tag(decision="pass"), tag(decision="unsure")]
    whole_run = failures(failure_tags=tags, inputs=[analysed(0), analysed(1)])
    server.on("GET", f"/v2/failure-analysis/runs/{RUN}", Reply(json=whole_run))
    run = whole.failure_analysis.get(run_id=RUN)
    assert json.loads(run.to_json())["summary"]["should_gate_ci"] is True
    assert suites(run.to_junit()) == {
        "Hallucination": [
            ("item 1: Unsupported number", ["failure"]),
            ("item 1: Unsupported number", []),
            ("item 1: Unsupported number", ["skipped"]),
        ],
        "no failures": [("item 0", [])],
    }
    rows = list(csv.DictReader(io.StringIO(run.to_csv())))
    assert [row["decision"] for row in rows] == ["fail", "pass", "unsure"]
    assert rows[0]["evidence"] == "5"
    text = run.to_markdown()
    assert "| 1 | Unsupported number | Hallucination | fail | 3.5 | 0.9 |" in text
    assert "| hold a release | yes |" in text


def test_an_audit(whole: Any, server: ScriptedServer) -> None:
    path = f"/v2/security/audit/batches/{RUN}"
    server.on("GET", path, Reply(json=audit()))
    server.on("GET", f"{path}/items", page([audited(0), audited(1, is_safe=False)]))
    run = whole.security.get_audit(batch_id=RUN)
    assert suites(run.to_junit()) == {"audit": [("item 0", []), ("item 1", ["failure"])]}
    rows = list(csv.DictReader(io.StringIO(run.to_csv())))
    assert [row["categories"] for row in rows] == ["", "S10"]
    assert "| S10 | 1 |" in run.to_markdown()
    assert [each.index for each in run.iter_items()] == [0, 1]


def test_a_red_team(whole: Any, server: ScriptedServer) -> None:
    path = f"/v2/security/redteam/runs/{RUN}"
    server.on("GET", path, Reply(json=red_team()))
    rows = [attack(0, "succeeded"), attack(1, "resisted"), attack(2, "error"), attack(3)]
    server.on("GET", f"{path}/attacks", page(rows, "attacks"))
    run = whole.security.get_red_team(run_id=RUN)
    cases = [(f"S10 {RUN}:{number}", outcome) for number, outcome in enumerate(OUTCOMES)]
    assert suites(run.to_junit()) == {"rot13": cases}
    assert "the canary is in the answer" in run.to_markdown()
    assert len(json.loads(run.to_json())["attacks"]) == len(list(run.iter_attacks())) == 4


OUTCOMES: list[list[str]] = [["failure"], [], ["error"], ["skipped"]]


def test_empty_tables_say_so(whole: Any, server: ScriptedServer) -> None:
    path = f"/v2/security/audit/batches/{RUN}"
    server.on("GET", path, Reply(json=audit(triggered_categories={})))
    server.on("GET", f"{path}/items", page([audited(0)] * 1))
    assert whole.security.get_audit(batch_id=RUN).to_markdown().count("None.") == 2


def test_long_tables_say_what_they_leave_out(whole: Any, server: ScriptedServer) -> None:
    path = f"/v2/security/audit/batches/{RUN}"
    server.on("GET", path, Reply(json=audit()))
    rows = [audited(number, is_safe=False) for number in range(30)]
    server.on("GET", f"{path}/items", page(rows))
    assert "10 more are left out here." in whole.security.get_audit(batch_id=RUN).to_markdown()
