"""The command line, as people and scripts use it, over real HTTP."""

import json
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from evalwright import SpacesClient, TasksClient
from fixtures_server import RunningServer
from sdk import samples
from sdk.command import Cli
from sdk.scripted_server import Reply, ScriptedServer, problem


@pytest.fixture
def cli(call: Cli, server: ScriptedServer) -> Cli:
    """The command against the scripted server."""
    return lambda *words, **options: call(*words, EVALWRIGHT_BASE_URL=server.base_url, **options)


def test_as_a_process() -> None:
    for command in (["-m", "evalwright"], ["-c", "import evalwright.__main__ as m; m.main()"]):
        result = subprocess.run(
            [sys.executable, *command, "--version"], capture_output=True, text=True, check=True
        )
        assert result.stdout.startswith("evalwright 0.")


def test_help_shows_every_command(call: Cli) -> None:
    text = call("--help").stdout
    for command in (
        "spaces",
        "datasets",
        "experiments",
        "evaluators",
        "tasks",
        "spans",
        "jobs",
        "serve",
    ):
        assert f" {command} " in text
    assert "EVALWRIGHT_BASE_URL" in text


def test_without_a_command_the_help_is_shown(call: Cli) -> None:
    assert "Usage: evalwright" in call().stdout + call().stderr


@pytest.mark.parametrize(
    ("words", "hint"), [(["task"], "'tasks'"), (["tasks", "triger"], "'trigger'")]
)
def test_a_typo_is_answered_with_what_was_meant(call: Cli, words: list[str], hint: str) -> None:
    result = call(*words)
    assert result.returncode == 2
    assert f"Did you mean {hint}" in result.stderr


def test_wrong_usage_is_exit_code_2(call: Cli) -> None:
    assert call("tasks", "get").returncode == 2
    assert call("tasks", "list", "--colour").returncode == 2


def test_nobody_there(call: Cli) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
        result = call("tasks", "list", "--base-url", address)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"error: no connection to {address}: connection refused.")
    assert "evalwright serve" in result.stderr


def test_an_address_that_is_none(call: Cli) -> None:
    result = call("tasks", "list", "--base-url", "localhost:8000")
    assert result.returncode == 1
    assert result.stderr.startswith("error: base_url: is not a usable address")


def test_an_error_of_the_server(cli: Cli, server: ScriptedServer) -> None:
    server.script(problem(400, "2 fields are wrong", errors=[{"pointer": "/a", "message": "no"}]))
    result = cli("tasks", "get", samples.TASK)
    assert result.returncode == 1
    assert result.stderr.splitlines()[0].startswith("error: 400 Bad Request: 2 fields are wrong")
    assert "req-400" in result.stderr
    assert "a: no" in result.stderr


def test_a_name_that_is_not_there(cli: Cli, server: ScriptedServer) -> None:
    server.on("GET", "/v2/tasks", samples.page("tasks", samples.task()))
    result = cli("tasks", "get", "nigthly")
    assert result.returncode == 1
    assert "did you mean 'nightly'?" in result.stderr


def test_json_is_for_programs(cli: Cli, server: ScriptedServer) -> None:
    server.on("GET", "/v2/tasks", samples.page("tasks", samples.task()))
    for words in (["--json", "tasks", "list"], ["tasks", "list", "--json"]):
        rows = json.loads(cli(*words).stdout)
        assert [row["id"] for row in rows] == [samples.TASK]


def test_tables_are_for_people(cli: Cli, server: ScriptedServer) -> None:
    server.on("GET", "/v2/tasks", samples.page("tasks", samples.task(name="[bold]x[/bold]")))
    text = cli("tasks", "list").stdout
    assert samples.TASK in text
    assert "[bold]x[/bold]" in text, "names are text, not markup"


def test_an_empty_list(cli: Cli, server: ScriptedServer) -> None:
    server.on("GET", "/v2/tasks", samples.page("tasks"))
    result = cli("tasks", "list")
    assert (result.returncode, result.stdout) == (0, "")
    assert "Nothing found" in result.stderr


def test_the_key_travels(cli: Cli, server: ScriptedServer) -> None:
    server.on("GET", "/v2/tasks", samples.page("tasks"))
    cli("tasks", "list", "--api-key", "k3y")
    assert server.requests[0].headers["authorization"] == "Bearer k3y"


def test_waiting_ends_with_the_run(cli: Cli, server: ScriptedServer) -> None:
    path = f"/v2/task-runs/{samples.RUN}"
    server.on("GET", path, Reply(json=samples.run("completed", done=10)))
    result = cli("tasks", "wait", samples.RUN, "--json")
    assert result.returncode == 0
    assert json.loads(result.stdout)["status"] == "completed"
    assert result.stderr == ""


def test_a_failed_run_is_exit_code_1(cli: Cli, server: ScriptedServer) -> None:
    path = f"/v2/task-runs/{samples.RUN}"
    server.on("GET", path, Reply(json=samples.run("failed", failure_reason="no [model]")))
    result = cli("tasks", "wait", samples.RUN)
    assert result.returncode == 1
    assert "The run is failed: no [model]" in result.stderr


def test_waiting_too_short(cli: Cli, server: ScriptedServer) -> None:
    server.on("GET", f"/v2/task-runs/{samples.RUN}", Reply(json=samples.run("running")))
    result = cli("tasks", "wait", samples.RUN, "--timeout", "0.1", "--json")
    assert result.returncode == 1
    assert "Not finished in 0.1 s" in result.stderr
    assert f"evalwright tasks wait {samples.RUN}" in result.stderr, "what to do next, in a shell"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('{"a": 1}\n{"a": \n', "line 2, column 7: Expecting value"),
        ('{"a": 1}\n{"a": NaN}\n', "line 2: NaN is no JSON"),
        ("[1, 2]", "row 1 is no JSON object"),
        ("[", "Expecting value"),
        ("", "at least one row"),
        ("\xff", "not UTF-8"),
    ],
)
def test_files_that_cannot_be_used(
    cli: Cli, tmp_path: Path, content: str, complaint: str, server: ScriptedServer
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(content.encode("latin-1"))
    result = cli("datasets", "create", "qa", str(file), "--space", samples.SPACE)
    assert result.returncode == 1
    assert complaint in result.stderr
    assert server.requests == []


def test_lines_of_csv_that_do_not_fit_their_header(
    cli: Cli, tmp_path: Path, server: ScriptedServer
) -> None:
    """A comma in a text without quotes would otherwise shift or lose what is behind it."""
    file = tmp_path / "rows.csv"
    file.write_text("a,b\n1,2\n1,2,3\n")
    result = cli("datasets", "create", "qa", str(file), "--space", samples.SPACE)
    assert result.returncode == 1
    assert "line 3: the first line names 2 columns, this one has 3" in result.stderr
    assert server.requests == []


def test_an_interrupted_wait_tells_which_run_goes_on(
    cli: Cli, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ID has been printed nowhere else yet."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    server.on("GET", f"/v2/task-runs/{samples.RUN}", Reply(json=samples.run("running")))
    monkeypatch.setattr(TasksClient, "wait_for_run", interrupted)
    result = cli("tasks", "wait", samples.RUN)
    assert result.returncode == 130
    assert f"evalwright tasks cancel {samples.RUN}" in result.stderr


def test_a_huge_limit_is_wrong_usage(cli: Cli) -> None:
    assert cli("runs", "list", "--limit", "99999999999999999999").returncode == 2


def test_a_file_that_is_not_there(cli: Cli, tmp_path: Path) -> None:
    result = cli("datasets", "create", "qa", str(tmp_path / "no"), "--space", "demo")
    assert result.returncode == 1
    assert "no such file" in result.stderr.lower()


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv", "stdin"])
def test_rows_from_files(cli: Cli, server: ScriptedServer, tmp_path: Path, kind: str) -> None:
    texts = {
        "jsonl": '{"q": "a"}\n\n{"q": "b"}\n',
        "json": '[{"q": "a"}, {"q": "b"}]',
        "csv": "q\na\nb\n",
        "stdin": '{"q": "a"}\n{"q": "b"}',
    }
    made = samples.named("qa", samples.DATASET)
    server.on("POST", "/v2/datasets", Reply(201, json=made))
    file = tmp_path / f"rows.{kind}"
    file.write_text(texts[kind])
    source = "-" if kind == "stdin" else str(file)
    words = ["datasets", "create", "qa", source, "--space", samples.SPACE]
    assert cli(*words, stdin=texts["stdin"]).returncode == 0
    assert server.requests[0].json["examples"] == [{"q": "a"}, {"q": "b"}]


def test_an_evaluator_needs_one_source(cli: Cli) -> None:
    result = cli("evaluators", "create", "x", "--space", "demo")
    assert result.returncode == 2
    assert "exactly one of --managed, --code and --config" in result.stderr


def test_what_nobody_expected_is_still_one_message(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A traceback helps nobody at a prompt."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(SpacesClient, "get", broken)
    result = cli("spaces", "get", "demo")
    assert result.returncode == 1
    assert result.stderr == "error: unexpected RuntimeError: out of luck\n"


def test_a_template_evaluator_from_its_configuration(
    cli: Cli, server: ScriptedServer, tmp_path: Path
) -> None:
    configuration = {"name": "judge", "template": "Is {output} right?"}
    file = tmp_path / "judge.json"
    file.write_text(json.dumps(configuration))
    words = ["evaluators", "create", "judge", "--config", str(file), "--space", samples.SPACE]
    result = cli(*words)
    assert result.returncode == 1
    assert "template_config.llm_config: is required" in result.stderr
    file.write_text("[]")
    assert "must hold one JSON object" in cli(*words).stderr
    assert server.requests == []


def test_a_run_experiment_task(cli: Cli, server: ScriptedServer, tmp_path: Path) -> None:
    server.on("POST", "/v2/tasks", Reply(201, json=samples.experiment_task()))
    file = tmp_path / "generate.json"
    file.write_text(json.dumps(samples.RUN_CONFIGURATION))
    words = ["create-run-experiment", "generate", "--dataset", samples.DATASET]
    assert cli("tasks", *words, "--config", str(file)).returncode == 0
    assert server.requests[0].json["run_configuration"] == samples.RUN_CONFIGURATION


def test_runs_are_started_and_stopped(cli: Cli, server: ScriptedServer) -> None:
    task, run = f"/v2/tasks/{samples.TASK}", f"/v2/task-runs/{samples.RUN}"
    server.on("GET", task, Reply(json=samples.task()))
    server.on("POST", f"{task}/trigger", Reply(201, json=samples.run()))
    server.on("POST", f"{run}/cancel", Reply(json=samples.run("cancelled")))
    server.on("POST", f"/v2/runs/{samples.RUN}/cancel", problem(409, "it has ended"))
    assert "pending" in cli("tasks", "trigger", samples.TASK).stdout
    assert "cancelled" in cli("tasks", "cancel", samples.RUN).stdout
    assert "it has ended" in cli("runs", "cancel", samples.RUN).stderr


def test_results_are_shown_as_a_table(cli: Cli, server: ScriptedServer) -> None:
    result = {
        "row_id": "cm93",
        "example_id": None,
        "experiment_id": None,
        "evaluator_name": "exact",
        "outcome": "error",
        "score": None,
        "label": None,
        "explanation": None,
        "error": "no column 'answer'",
        "updated_at": samples.NOW,
    }
    page = {"results": [result], "pagination": {"has_more": False, "next_cursor": None}}
    server.on("GET", f"/v2/task-runs/{samples.RUN}/results", Reply(json=page))
    shown = cli("tasks", "results", samples.RUN, "--outcome", "error").stdout
    assert "no column 'answer'" in shown
    assert "outcome=error" in server.requests[0].target
    assert "--outcome" in cli("tasks", "results", "--help").stdout


def test_without_the_extra_the_command_says_how_to_get_it() -> None:
    code = "import sys; sys.modules['typer'] = None; import evalwright.__main__ as m; m.main()"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert result.stderr.strip().endswith("pip install 'evalwright[cli]'")


PLUGIN = """
import typer

def hello(name: str = "you") -> None:
    '''Say hello.'''
    typer.echo(f"hello {name}")

app = typer.Typer(help="Several words.")

@app.command()
def one() -> None:
    '''First.'''
    typer.echo("one")

@app.command()
def two() -> None:
    '''Second.'''
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with commands, as another distribution would bring them."""
    (tmp_path / "greetings.py").write_text(PLUGIN)
    info = tmp_path / "greetings-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: greetings\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[evalwright.commands]\n"
        "hello = greetings:hello\nwords = greetings:app\ntasks = greetings:hello\n"
        "broken = no_such_module:app\nodd = greetings:PLUGIN_NAME\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("plugin")
def test_commands_of_other_packages(call: Cli) -> None:
    text = call("--help").stdout
    assert "Say hello." in text
    assert "Several words." in text
    assert call("hello", "--name", "me").stdout == "hello me\n"
    assert call("words", "one").stdout == "one\n"
    assert "trigger" in call("tasks", "--help").stdout, "our own stay"


@pytest.mark.usefixtures("plugin")
def test_a_command_of_another_package_that_is_broken(call: Cli) -> None:
    result = call("broken")
    assert result.returncode == 1
    assert "broken can't be loaded" in result.stderr
    assert call("odd").returncode == 1


@pytest.mark.slow
def test_the_whole_way(call: Cli, running_server: RunningServer, tmp_path: Path) -> None:
    """From nothing to scores, typed by hand."""
    space = f"cli {uuid.uuid4().hex[:8]}"

    def run(*words: str) -> Any:
        result = call(*words, "--json", EVALWRIGHT_BASE_URL=running_server.url)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout or "null")

    def write(name: str, *rows: Any) -> str:
        file = tmp_path / name
        file.write_text("\n".join(json.dumps(row) for row in rows))
        return str(file)

    run("spaces", "create", space)
    here = ["--space", space]
    rows = [{"question": str(n), "reference": str(n % 2)} for n in range(4)]
    dataset = run("datasets", "create", "qa", write("rows.jsonl", *rows), *here)
    run("datasets", "append", "qa", write("more.jsonl", rows[0]), *here)
    examples = run("datasets", "examples", "qa", *here)
    outputs = [{"example_id": row["id"], "output": "1"} for row in examples]
    over = ["--dataset", "qa", *here]
    run("experiments", "create", "ones", write("outputs.jsonl", *outputs), *over)
    exact = ["--managed", "ExactMatch", "--variable", "output", "--variable", "reference"]
    run("evaluators", "create", "exact", *exact, *here)
    code = tmp_path / "short.py"
    code.write_text("def evaluate(output, **kwargs):\n    return len(output) < 5\n")
    run("evaluators", "create", "short", "--code", str(code), "--variable", "output", *here)
    chosen = ["--experiment", "ones", "--evaluator", "exact", "--evaluator", "short"]
    task = run("tasks", "create", "nightly", *chosen, *over)
    ended = run("tasks", "trigger", "nightly", "--wait", *here)
    assert (ended["status"], ended["num_successes"], ended["num_errors"]) == ("completed", 10, 0)
    again = ["tasks", "trigger", "nightly", "--override", "--wait", *here]
    shown = call(*again, EVALWRIGHT_BASE_URL=running_server.url)
    assert shown.returncode == 0
    assert "num_successes" in shown.stdout
    assert "10/10" in shown.stderr, "the progress bar"
    scores = [row["eval.exact.score"] for row in run("experiments", "runs", "ones", *over)]
    assert scores == [0.0, 1.0, 0.0, 1.0, 0.0]
    table = call("experiments", "runs", "ones", *over, EVALWRIGHT_BASE_URL=running_server.url)
    assert "error" not in table.stdout, "a column without a value is left out"
    assert sorted(line.count(" 1.0 ") for line in table.stdout.splitlines()[1:]) == [1, 1, 1, 2, 2]
    found = run("experiments", "search", "ones", "eval.exact.score = 1", *over)
    assert [row["example_id"] for row in found] == [examples[1]["id"], examples[3]["id"]]
    searched = run("datasets", "search", "qa", "question = '2'", *here)
    assert [row["id"] for row in searched] == [examples[2]["id"]]
    wrong = call("datasets", "search", "qa", "question ==", *here)
    assert wrong.returncode == 1
    assert "at character" in wrong.stderr
    results = run("tasks", "results", run("tasks", "runs", "nightly", *here)[0]["id"])
    assert [row["outcome"] for row in results] == ["judged"] * 10
    assert run("tasks", "results", ended["id"]) == [], "the later run wrote all of them again"
    more = [{"example_id": examples[0]["id"], "output": "2"}]
    appended = run("experiments", "append", "ones", write("appended.jsonl", *more), *over)
    assert len(appended["run_ids"]) == 1
    listed = [row["id"] for row in run("tasks", "runs", "nightly", *here)]
    assert (len(listed), listed[-1]) == (2, ended["id"])
    assert run("tasks", "run", ended["id"])["id"] == ended["id"]
    assert run("runs", "get", ended["id"])["state"] == "succeeded"
    assert [row["id"] for row in run("runs", "list", *here)] == listed
    assert run("tasks", "get", "nightly", *here)["id"] == task["id"]
    assert [row["name"] for row in run("tasks", "list", *over)] == ["nightly"]
    assert run("datasets", "get", "qa", *here)["id"] == dataset["id"]
    assert [row["name"] for row in run("datasets", "list", *here)] == ["qa"]
    assert [row["name"] for row in run("experiments", "list", *over)] == ["ones"]
    assert run("experiments", "get", "ones", *over)["name"] == "ones"
    assert {row["name"] for row in run("evaluators", "list", *here)} == {"exact", "short"}
    assert run("evaluators", "get", "exact", *here)["type"] == "code"
    assert run("projects", "create", "chat", *here)["name"] == "chat"
    assert run("projects", "get", "chat", *here)["name"] == "chat"
    assert [row["name"] for row in run("projects", "list", *here)] == ["chat"]
    assert run("spans", "list", "chat", "--filter", "status_code = 'ERROR'", *here) == []
    assert run("projects", "rename", "chat", "talk", *here)["name"] == "talk"
    run("projects", "delete", "talk", *here)
    run("tasks", "delete", "nightly", *here)
    run("evaluators", "delete", "short", *here)
    run("experiments", "delete", "ones", *over)
    assert run("datasets", "rename", "qa", "qa 2", *here)["id"] == dataset["id"]
    run("datasets", "delete", "qa 2", *here)
    assert run("spaces", "get", space)["name"] == space
    assert space in {row["name"] for row in run("spaces", "list", "--name", space)}
    run("spaces", "delete", space)
