"""The command `valiqor`, with each line that a server of one's own can serve."""

import json
import pathlib
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from interop.valiqor_client.conftest import KEY
from interop.valiqor_client.rows import HARMFUL, IBUPROFEN, PARIS, TRACE
from interop.valiqor_client.target import ChatTarget

Command: TypeAlias = Callable[..., str]
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def command(url: str, project: str, tmp_path: pathlib.Path) -> Command:
    """Runs the command in a directory with files; its home is empty."""
    files: dict[str, Any] = {"data.json": [PARIS], "audit.json": [HARMFUL], "trace.json": TRACE}
    for name, content in {**files, "wrong.json": [IBUPROFEN]}.items():
        (tmp_path / name).write_text(json.dumps(content))
    program = pathlib.Path(sys.executable).parent / "valiqor"
    connection = ["--base-url", url, "--api-key", KEY, "--project", project]

    def run(line: str, *further: str, code: int = 0) -> str:
        done = subprocess.run(
            [program, *line.split(), *further, *connection],
            cwd=tmp_path,
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    return run


def found_id(text: str) -> str:
    """Return the first ID in what was printed."""
    found = _ID.search(text)
    assert found, text
    return found[0]


def test_evaluations(command: Command) -> None:
    shown = command("eval run --dataset data.json --metrics equals,coherence --run-name mine")
    assert "1/1 evaluated" in shown
    run = found_id(shown)
    assert "100%" in command(f"eval status --run-id {run}")
    assert "Evaluation completed" in command(f"eval status --run-id {run} --wait")
    assert "Per-Metric Scores" in command(f"eval result --run-id {run}")
    assert json.loads(command(f"eval result --run-id {run} --json"))["run_id"] == run
    listed = command("eval list")
    assert run[:12] in listed
    assert "mine" in listed
    assert "hallucination" in command("eval metrics")
    command("eval run --trace-file trace.json --metrics coherence --model m")
    submitted = command("eval run --dataset data.json --metrics equals --async")
    assert "submitted" in submitted
    assert "completed" in command(f"eval status --run-id {found_id(submitted)} --wait")


def test_failure_analyses(command: Command) -> None:
    shown = command("fa run --dataset wrong.json --feature-kind rag")
    assert "Unsupported Claim" in shown
    run = found_id(shown)
    assert "100%" in command(f"fa status --run-id {run}")
    assert "Run completed" in command(f"fa status --run-id {run} --wait")
    assert "Unsupported Claim" in command(f"fa result --run-id {run}")
    result = json.loads(command(f"fa result --run-id {run} --json"))
    assert result["failure_tags"]
    assert run[:12] in command("fa list --status completed --page 1 --page-size 5")
    assert "No failure analysis runs" in command("fa list --status cancelled")
    shown = command("fa run --dataset data.json --no-eval --no-security --buckets style --async")
    assert "completed" in command(f"fa status --run-id {found_id(shown)} --wait")


def test_audits(command: Command) -> None:
    shown = command("security audit --dataset audit.json --categories S1,S2")
    assert "S1: 1 violation" in shown
    run = found_id(shown)
    assert "completed" in command(f"security status --job-id {run} --type audit --wait")
    assert "S1" in command(f"security result --job-id {run}")
    result = json.loads(command(f"security result --job-id {run} --json"))
    assert result["unsafe_count"] == 1
    assert run[:12] in command("security list")
    assert "100" in command("security audit --trace-file trace.json")
    assert "submitted" in command("security audit --dataset audit.json --async")
    assert "23 vulnerability categories" in command("security vulns")
    assert "rot13" in command("security vectors")


def test_red_teams(command: Command, target: ChatTarget) -> None:
    how = ["--target-url", target.url, "--target-headers", '{"X-Key": "secret"}']
    how += ["--target-request-template", '{"chat": [{"text": "{{attack}}"}]}']
    how += ["--target-response-key", "choices.0.said", "--attacks-per-vector", "2"]
    shown = command("security redteam --attack-vectors jailbreak,hex --run-name mine", *how)
    assert "0/4 attacks succeeded" in shown
    assert len(target.asked) == 4
    run = found_id(shown)
    command(f"security status --job-id {run} --type redteam --wait")
    result = json.loads(command(f"security result --job-id {run} --type redteam --json"))
    assert result["total_attacks"] == 4
    assert run[:12] in command("security list --type redteam")
    assert "submitted" in command("security redteam --attack-vectors hex --async", *how)


def test_what_goes_wrong_is_told(command: Command) -> None:
    assert "did you mean 'equals'" in command(
        "eval run --dataset data.json --metrics equls", code=1
    )
    assert "no failure analysis has the ID" in command("fa status --run-id nope", code=1)
    assert "error" in json.loads(command("eval result --run-id nope --json", code=1))


def test_a_file_names_the_server(url: str, tmp_path: pathlib.Path, project: str) -> None:
    """`.valiqorrc` where the command is run; `config set` has no word for the address."""
    names = {"api_key": KEY, "backend_url": url, "project_name": project}
    (tmp_path / ".valiqorrc").write_text(json.dumps(names))
    (tmp_path / "data.json").write_text(json.dumps([PARIS]))
    program = pathlib.Path(sys.executable).parent / "valiqor"
    shown = subprocess.run(
        [program, *"eval run --dataset data.json --metrics equals".split()],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    assert "1/1 evaluated" in shown
