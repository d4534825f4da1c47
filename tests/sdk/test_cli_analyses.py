"""Analyses at the command line, against a scripted server."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sdk.analysis_samples import (
    DATASET,
    RUN,
    accepted,
    attack,
    audit,
    audited,
    evaluation,
    failures,
    item,
    page,
    red_team,
    states,
    status,
)
from sdk.command import Cli
from sdk.samples import NOW, PROJECT
from sdk.scripted_server import Reply, Request, ScriptedServer, problem

EVALUATE = "/v2/evaluate"
FA = "/v2/failure-analysis"
SECURITY = "/v2/security"


@pytest.fixture
def cli(call: Cli, server: ScriptedServer) -> Cli:
    """The command against the scripted server."""
    return lambda *words, **more: call(*words, EVALWRIGHT_BASE_URL=server.base_url, **more)


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A file with a dataset."""
    path = tmp_path / "data.json"
    path.write_text(json.dumps(DATASET))
    return str(path)


@pytest.fixture
def evaluated(server: ScriptedServer) -> ScriptedServer:
    """A server with an evaluation that ends."""
    server.on("POST", f"{EVALUATE}/", accepted())
    ends = states("queued", "running", status("completed", 2))
    server.on("GET", f"{EVALUATE}/jobs/{RUN}/status", ends)
    server.on("GET", f"{EVALUATE}/runs/{RUN}", Reply(json=evaluation()))
    server.on("GET", f"{EVALUATE}/runs/{RUN}/items", page([item(0), item(1)]))
    return server


@pytest.fixture
def analysed(server: ScriptedServer) -> ScriptedServer:
    """A server with a failure analysis that ends."""
    server.on("POST", f"{FA}/analyze", accepted("failure_analysis"))
    server.on("GET", f"{FA}/runs/{RUN}/status", states(status("completed", 2)))
    server.on("GET", f"{FA}/runs/{RUN}", Reply(json=failures()))
    return server


def test_an_evaluation(cli: Cli, evaluated: ScriptedServer, data: str) -> None:
    """Lines of progress go to stderr, so that stdout has nothing but the result."""
    options = ["--metrics", "equals, fluency", "--project-name", "my-app", "--engine", "offline"]
    result = cli("eval", "run", "--dataset", data, *options, "--threshold", "equals=0.5")
    assert result.returncode == 0
    assert "0.75" in result.stdout
    assert "Lowest scores" in result.stdout
    lines = result.stderr.splitlines()
    assert [lines[0], lines[-1]] == [RUN, "completed, 2 of 2 items (100 %)"]
    assert evaluated.requests[0].json == {
        "dataset": DATASET,
        "metrics": ["equals", "fluency"],
        "project_name": "my-app",
        "thresholds": {"equals": 0.5},
        "judge": {"engine": "offline"},
    }


def test_the_project_has_two_spellings(cli: Cli, evaluated: ScriptedServer, data: str) -> None:
    run = ["eval", "run", "--dataset", data, "--metrics", "equals", "--async"]
    cli(*run, "--project", "other")
    cli(*run, EVALWRIGHT_PROJECT="third")
    names = [request.json["project_name"] for request in evaluated.requests]
    assert names == ["other", "third"]


def test_without_waiting(cli: Cli, evaluated: ScriptedServer, data: str) -> None:
    result = cli("eval", "run", "--dataset", data, "--metrics", "equals", "--async")
    assert result.stdout == f"{RUN}\n"
    assert f"evalwright eval status --run-id {RUN}" in result.stderr
    shown = cli("eval", "run", "--dataset", data, "--metrics", "equals", "--async", "--json")
    assert json.loads(shown.stdout) == {"job_id": RUN, "job_type": "evaluation"}
    assert len(evaluated.requests) == 2


def test_the_lines_of_the_guide(cli: Cli, analysed: ScriptedServer, data: str) -> None:
    folder = Path(data).parent
    assert cli("fa", "run", "--dataset", data, "--project-name", "my-app").returncode == 0
    shown = cli("fa", "status", "--run-id", RUN)
    assert shown.stdout == f"{RUN}: completed, 2 of 2 items (100 %)\n"
    target = folder / "results.json"
    result = cli("fa", "result", "--run-id", RUN, "--output", str(target))
    assert result.returncode == 0
    assert json.loads(target.read_text())["run_id"] == RUN
    assert "Unsupported number" in result.stdout


@pytest.mark.parametrize(
    ("name", "options", "begins"),
    [
        ("a.json", [], "{"),
        ("a.csv", [], "item,"),
        ("a.md", [], "# Failure"),
        ("a.xml", [], "<?xml"),
        ("report", ["--format", "junit"], "<?xml"),
    ],
)
def test_formats_of_files(
    cli: Cli,
    analysed: ScriptedServer,
    tmp_path: Path,
    name: str,
    options: list[str],
    begins: str,
) -> None:
    target = tmp_path / name
    cli("fa", "result", "--run-id", RUN, "-o", str(target), *options)
    assert target.read_text(encoding="utf-8").startswith(begins)


@pytest.mark.parametrize(
    ("options", "begins"),
    [
        (["--json"], "{"),
        (["--format", "json"], "{"),
        (["--format", "md"], "# Failure"),
        (["--format", "junit"], "<?xml"),
        (["--format", "csv"], "item,"),
        (["--format", "table"], "Failure analysis"),
    ],
)
def test_formats_to_read(
    cli: Cli, analysed: ScriptedServer, options: list[str], begins: str
) -> None:
    assert cli("fa", "result", "--run-id", RUN, *options).stdout.startswith(begins)


def test_a_file_that_cannot_be_written(cli: Cli, server: ScriptedServer, data: str) -> None:
    """It is said before anything is started."""
    result = cli("fa", "run", "--dataset", data, "--output", "/no/such/folder/x.json")
    assert (result.returncode, server.requests) == (1, [])
    assert "there is no folder /no/such/folder" in result.stderr
    result = cli("fa", "run", "--dataset", data, "-o", "x.json", "--format", "table")
    assert "a table can't be written" in result.stderr


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--fail-under", "0.7"], 0, ""),
        (["--fail-under", "0.8"], 3, "overall is 0.750, below 0.8"),
        (["--fail-under", "equals=0.8,fluency=0.5"], 3, "equals is 0.750, below 0.8"),
        (["--fail-under", "equals=0.1", "--fail-under", "fluency=0.9"], 3, "fluency is 0.750"),
        (["--fail-under", "equal=0.8"], 1, "did you mean 'equals'?"),
        (["--fail-under", "equals=much"], 1, "'equals=much' is no METRIC=NUMBER"),
        (["--fail-under", "equals=80"], 1, "'equals=80' is not from 0 to 1"),
        (["--gate"], 0, ""),
    ],
)
def test_gates(
    cli: Cli, evaluated: ScriptedServer, options: list[str], code: int, words: str
) -> None:
    result = cli("eval", "result", "--run-id", RUN, *options)
    assert result.returncode == code
    assert words in result.stderr


def test_nothing_scored_is_not_good_enough(cli: Cli, evaluated: ScriptedServer) -> None:
    metric = {**evaluation()["metrics"][0], "scored": 0, "mean_value": 0.0}
    run = evaluation(metrics=[metric], overall_score=0.0)
    evaluated.on("GET", f"{EVALUATE}/runs/{RUN}", Reply(json=run))
    result = cli("eval", "result", "--run-id", RUN, "--fail-under", "equals=0", "--gate")
    assert result.returncode == 3
    assert "equals: nothing was scored" in result.stderr
    assert "equals is 0.000, below its threshold 0.5" in result.stderr


def test_a_gate_of_failures(cli: Cli, analysed: ScriptedServer) -> None:
    result = cli("fa", "result", "--run-id", RUN, "--gate", "--fail-under", "pass_rate=0.5")
    assert result.returncode == 3
    assert "Unsupported number, severity 3.5 of 5" in result.stderr
    assert "pass_rate" not in result.stderr


def test_audits(cli: Cli, server: ScriptedServer, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text('{"user_input": "hello", "assistant_response": "hi"}\n')
    server.on("POST", f"{SECURITY}/audit", accepted("security"))
    ended = states(status("completed", 2, job_type="security"))
    server.on("GET", f"{SECURITY}/jobs/{RUN}/status", ended)
    batch = f"{SECURITY}/audit/batches/{RUN}"
    server.on("GET", batch, Reply(json=audit()))
    server.on("GET", f"{batch}/items", page([audited(0), audited(1, is_safe=False)]))
    for command in ("audit", "run"):
        run = ["security", command, "--dataset", str(path), "--categories", "S1,S10"]
        result = cli(*run, "--gate", "--fail-under", "safety=0.6")
        assert result.returncode == 3
        assert "1 of 2 items are unsafe" in result.stderr
        assert "safety is 0.500" in result.stderr
    assert server.requests[0].json["categories"] == ["S1", "S10"]
    assert cli("security", "result", "--run-id", RUN).returncode == 0
    assert cli("security", "status", "--job-id", RUN, "--type", "audit").returncode == 0
    server.on("GET", f"{SECURITY}/audit/batches", page([audit()], "batches"))
    assert RUN in cli("security", "list").stdout
    assert cli("security", "audit").returncode == 1


def test_a_red_team_on_a_function_here(
    cli: Cli, server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_target_app.py").write_text("def answer(prompt):\n    return prompt.upper()\n")
    monkeypatch.chdir(tmp_path)
    runs = f"{SECURITY}/redteam/runs/{RUN}"
    server.on("POST", f"{SECURITY}/redteam", accepted("redteam"))
    ended = states(status("completed", 2, job_type="redteam"))
    server.on("GET", f"{SECURITY}/jobs/{RUN}/status", ended)
    server.on("GET", runs, Reply(json=red_team()))
    server.on("GET", f"{runs}/attacks", page([attack(0), attack(1, "succeeded")], "attacks"))
    server.on("POST", f"{runs}/submit-responses", Reply(json=red_team()))
    words = ["security", "redteam", "--attack-vectors", "rot13"]
    result = cli(*words, "--target-function", "my_target_app:answer", "--gate")
    assert result.returncode == 3
    assert "1 of 2 attacks got through" in result.stderr
    handed_in = [each.json for each in server.requests if each.path.endswith("submit-responses")]
    assert handed_in == [{"responses": [{"attack_id": f"{RUN}:0", "response": "ATTACK 0"}]}]
    again = cli("security", "redteam", "--run-id", RUN, "--target-function", "my_target_app:answer")
    assert again.returncode == 0
    assert len([call for call in server.calls if call.endswith("/redteam")]) == 1
    for name in ("my_target_app", "my_target_app:no", "no_such_module:f", "json:__doc__"):
        result = cli(*words, "--target-function", name)
        assert result.returncode == 1
        assert "--target-function" in result.stderr


def test_a_red_team_on_a_url(cli: Cli, server: ScriptedServer) -> None:
    server.on("POST", f"{SECURITY}/redteam", accepted("redteam"))
    words = ["security", "redteam", "--attack-vectors", "rot13", "--async"]
    options = ["--target-url", "https://x.example/", "--target-headers", '{"X-Key": "k"}']
    template = ["--target-request-template", '{"q": "{{attack}}"}']
    assert cli(*words, *options, *template).stdout == f"{RUN}\n"
    sent = server.requests[0].json
    assert sent["target_headers"] == {"X-Key": "k"}
    assert sent["target_request_template"] == {"q": "{{attack}}"}
    assert cli(*words, "--target-headers", "no").returncode == 1
    assert cli(*words, "--target-headers", "[]").returncode == 1


def test_waiting_for_the_end(cli: Cli, server: ScriptedServer) -> None:
    path = f"{EVALUATE}/jobs/{RUN}/status"
    server.on("GET", path, states(status("cancelled", error="somebody did")))
    result = cli("eval", "status", "--run-id", RUN, "--wait")
    assert result.returncode == 1
    assert "somebody did" in result.stdout
    shown = json.loads(cli("eval", "status", "--run-id", RUN, "--json").stdout)
    assert (shown["status"], shown["current_item"]) == ("cancelled", 1)
    assert shown["started_at"].startswith(NOW[:10])


def test_the_end_of_patience(cli: Cli, server: ScriptedServer) -> None:
    server.on("GET", f"{EVALUATE}/jobs/{RUN}/status", Reply(json=status()))
    result = cli("eval", "result", "--run-id", RUN, "--timeout", "0.05")
    assert result.returncode == 1
    assert f"evalwright eval cancel --run-id {RUN}" in result.stderr


def test_a_failure_exits_with_1(cli: Cli, server: ScriptedServer) -> None:
    server.on("GET", f"{EVALUATE}/jobs/{RUN}/status", states(status("failed", error="no disk")))
    result = cli("eval", "result", "--run-id", RUN)
    assert result.returncode == 1
    assert f"evaluation {RUN} failed: no disk; 1 of 2 items were done" in result.stderr


def test_lists(cli: Cli, server: ScriptedServer) -> None:
    server.on("GET", f"{EVALUATE}/runs", page([evaluation()]))
    assert RUN in cli("eval", "list", "--project", PROJECT, "--status", "completed").stdout
    assert server.requests[-1].query["status"] == "completed"
    server.on("GET", f"{SECURITY}/redteam/runs", page([red_team()], "runs"))
    assert RUN in cli("security", "list", "--type", "redteam").stdout
    server.script(problem(400, "no such status"))
    assert cli("fa", "list", "--status", "done").returncode == 1


def test_cancelling(cli: Cli, server: ScriptedServer) -> None:
    done = Reply(json={"job_id": RUN, "status": "cancelled", "message": "it stops"})
    for group, path in (
        ("eval", f"{EVALUATE}/jobs/{RUN}/cancel"),
        ("fa", f"{FA}/runs/{RUN}/cancel"),
    ):
        server.on("POST", path, done)
        assert "it stops" in cli(group, "cancel", "--run-id", RUN).stdout
    server.on("POST", f"{SECURITY}/jobs/{RUN}/cancel", done)
    kind = ["--type", "redteam"]
    assert "it stops" in cli("security", "cancel", "--run-id", RUN, *kind).stdout
    assert server.requests[-1].query == {"job_type": "redteam"}


HEEDS_INTERRUPTS = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("evalwright", run_name="__main__", alter_sys=True)
"""
"""A shell that starts tests in the background has them, and what they start, ignore interrupts."""


class Interrupted:
    """The command in a process of its own, which gets Ctrl-C while it waits."""

    def __init__(self, server: ScriptedServer, terminal: bool = False) -> None:
        self.polled = threading.Event()
        self.server = server
        server.on("GET", f"{EVALUATE}/jobs/{RUN}/status", self.poll)
        cancelled = {"job_id": RUN, "status": "cancelled", "message": "it stops"}
        server.on("POST", f"{EVALUATE}/jobs/{RUN}/cancel", Reply(json=cancelled))
        self.ours, theirs = pty.openpty() if terminal else os.pipe()[::-1]
        words = ["eval", "result", "--run-id", RUN]
        self.process = subprocess.Popen(
            [sys.executable, "-c", HEEDS_INTERRUPTS, *words],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "EVALWRIGHT_BASE_URL": server.base_url},
        )
        os.close(theirs)

    def poll(self, _: Request) -> Reply:
        if len(self.server.requests) > 1:  # the first look is not yet a wait
            self.polled.set()
        return Reply(json=status())

    def end(self, answer: str = "") -> tuple[int, str]:
        assert self.polled.wait(60)
        self.process.send_signal(signal.SIGINT)
        if answer:
            os.write(self.ours, f"{answer}\n".encode())
        out, err = self.process.communicate(timeout=60)
        os.close(self.ours)
        return self.process.returncode, out + err


def test_ctrl_c_leaves_it_and_says_how_to_come_back(server: ScriptedServer) -> None:
    code, text = Interrupted(server).end()
    assert code == 130
    assert f"evalwright eval result --run-id {RUN}" in text.replace("\n", " ")
    assert not [call for call in server.calls if call.endswith("/cancel")]


@pytest.mark.parametrize(("answer", "count"), [("c", 1), ("d", 0)])
def test_ctrl_c_asks_at_a_terminal(server: ScriptedServer, answer: str, count: int) -> None:
    code, text = Interrupted(server, terminal=True).end(answer)
    assert code == 130
    assert "[d]etach, [c]ancel or [w]ait on?" in text
    assert text.count(RUN) >= 2
    assert len([call for call in server.calls if call.endswith("/cancel")]) == count


def test_help_is_there_without_a_server(call: Cli) -> None:
    groups: dict[str, list[str]] = {
        "eval": ["run", "status", "result", "list", "cancel", "metrics", "compare"],
        "fa": ["run", "status", "result", "list", "cancel", "taxonomy", "insights"],
        "security": ["audit", "redteam", "status", "result", "list", "cancel", "vulns"],
    }
    for group, commands in groups.items():
        for command in commands:
            shown = call(group, command, "--help").stdout
            assert f"Usage: evalwright {group} {command}" in shown
