"""Jobs at the command line, against a server that runs them."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from evalwright import DeadLettersClient
from fixtures_server import RunningServer
from sdk.command import Cli
from sdk.job_samples import CONTENT, JOB, artifact, ended, event, file, slim, stream, submitted
from sdk.samples import NOW
from sdk.scripted_server import Reply, ScriptedServer

FILES = """
import json, pathlib, sys
data = json.load(open("/input/data.json"))
print("hello", data.get("name"))
print("careful", file=sys.stderr)
pathlib.Path("/output/note.txt").write_text("note")
pathlib.Path("/output/a b.txt").write_text("x" * 2048)
"""

Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a program and gives its path."""

    def make(code: str) -> str:
        path = tmp_path / "program.py"
        path.write_text(code, encoding="utf-8")
        return str(path)

    return make


@pytest.fixture
def real(call: Cli, running_server: RunningServer) -> Cli:
    """The command against the reference server."""
    return lambda *words, **more: call(*words, EVALWRIGHT_BASE_URL=running_server.url, **more)


@pytest.fixture
def cli(call: Cli, server: ScriptedServer) -> Cli:
    """The command against the scripted server."""
    return lambda *words, **more: call(*words, EVALWRIGHT_BASE_URL=server.base_url, **more)


@pytest.mark.slow
def test_a_program_runs_as_if_it_ran_here(real: Cli, write: Write, tmp_path: Path) -> None:
    result = real("jobs", "run", write(FILES), "--input", '{"name": "Ada"}', "--timeout", "20")
    assert (result.returncode, result.stdout) == (0, "hello Ada\n")
    assert "careful\n" in result.stderr
    assert "succeeded. It left" in result.stderr
    assert "a b.txt (2.0 KiB)" in result.stderr
    job = result.stderr.rpartition("evalwright jobs download ")[2].strip()
    folder = tmp_path / "files" / "here"
    paths = real("jobs", "download", job, "--to", str(folder)).stdout.splitlines()
    assert {Path(path).name for path in paths} == {"note.txt", "a b.txt"}
    assert (folder / "note.txt").read_text() == "note"
    archive = real("jobs", "download", job, "--zip", "--to", str(folder)).stdout.strip()
    assert set(zipfile.ZipFile(archive).namelist()) == {"note.txt", "a b.txt"}
    assert "note.txt" in real("jobs", "artifacts", job).stdout
    output = real("jobs", "output", job)
    assert (output.stdout, output.stderr) == ("hello Ada\n", "careful\n")
    assert "hello Ada" in real("jobs", "get", job).stdout
    assert json.loads(real("jobs", "result", job, "--json").stdout)["exit_code"] == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "options", "exit_code", "words"),
    [
        ("raise SystemExit(7)", [], 7, "failed"),
        ("import sys; sys.exit('no luck')", [], 1, "no luck"),
        ("while True: pass", ["--timeout", "1"], 124, "timeout"),
        ("import os; os.kill(os.getpid(), 11)", [], 139, "failed"),
    ],
)
def test_the_exit_code_is_the_program_s(
    real: Cli, write: Write, code: str, options: list[str], exit_code: int, words: str
) -> None:
    for how in (["--follow"], ["--no-follow"]):
        result = real("jobs", "run", write(code), *options, *how)
        assert result.returncode == exit_code
        assert words in result.stderr


@pytest.mark.slow
def test_a_program_from_standard_input(real: Cli, tmp_path: Path) -> None:
    data = tmp_path / "data.json"
    data.write_text('{"n": 20}')
    code = "import json; print(json.load(open('/input/data.json'))['n'] + 1)"
    result = real("jobs", "run", "-", "--input", f"@{data}", stdin=code)
    assert result.stdout == "21\n"
    shown = json.loads(real("jobs", "run", "-", "--input", '{"n": 1}', "--json", stdin=code).stdout)
    assert (shown["status"], shown["stdout"]) == ("succeeded", "2\n")


@pytest.mark.slow
def test_handing_over_and_coming_back(real: Cli, write: Write) -> None:
    endless = write("import time\nprint('begun', flush=True)\ntime.sleep(600)")
    job = real("jobs", "submit", endless).stdout.strip()
    waited = real("jobs", "wait", job, "--timeout", "0.6")
    assert waited.returncode == 1
    assert f"evalwright jobs wait {job}" in waited.stderr
    assert real("jobs", "cancel", job).returncode == 0
    ended = real("jobs", "wait", job)
    assert ended.returncode == 130
    assert "cancelled" in ended.stderr
    again = json.loads(real("jobs", "rerun", job, "--json").stdout)
    assert again["parent_execution_id"] == job
    real("jobs", "cancel", again["job_id"])
    made = json.loads(real("jobs", "fork", job, write("print('quick')"), "--json").stdout)
    assert real("jobs", "wait", made["job_id"]).returncode == 0
    lineage = json.loads(real("jobs", "lineage", made["job_id"], "--json").stdout)
    assert [row["job_id"] for row in lineage] == [made["job_id"], job]
    listed = json.loads(real("jobs", "list", "--status", "cancelled", "--json").stdout)
    assert job in {row["execution_id"] for row in listed}


@pytest.mark.slow
def test_kinds_of_jobs(real: Cli) -> None:
    assert "data-processing" in real("job-types", "list").stdout
    assert "max_timeout" in real("job-types", "get", "default").stdout
    assert "built" in real("job-types", "build", "default").stdout
    assert json.loads(real("environments", "list", "--json").stdout) is not None
    assert real("environments", "remove", "0" * 64).returncode == 1


def test_what_is_handed_over(cli: Cli, server: ScriptedServer, write: Write) -> None:
    server.script(submitted())
    options = ["--type", "geo", "-r", "numpy>=2", "-r", "scipy", "--webhook", "https://x.example/"]
    result = cli("jobs", "submit", write("print(1)"), *options, "--idempotency-key", "a" * 8)
    assert result.stdout == f"{JOB}\n"
    assert server.requests[0].json == {
        "code": "print(1)",
        "job_type": "geo",
        "requirements": ["numpy>=2", "scipy"],
        "webhook": {"url": "https://x.example/"},
        "idempotency_key": "a" * 8,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "no JSON"), ("[1]", "JSON object"), ("@/no/such", "can't be used"), ("data.json", "@")],
)
def test_inputs_that_are_none(
    cli: Cli, server: ScriptedServer, write: Write, text: str, words: str
) -> None:
    result = cli("jobs", "run", write("1"), "--input", text)
    assert result.returncode == 1
    assert words in result.stderr
    assert server.requests == []


def test_a_program_that_is_not_there(cli: Cli, server: ScriptedServer) -> None:
    result = cli("jobs", "run", "/no/such/program.py")
    assert result.returncode == 1
    assert "/no/such/program.py: can't be used" in result.stderr


def test_an_archive_has_all_files(cli: Cli) -> None:
    assert cli("jobs", "download", JOB, "a.txt", "--zip").returncode == 2


def test_ends_without_an_exit_code(cli: Cli, server: ScriptedServer) -> None:
    """A job whose worker died never had one that means anything."""
    for status, exit_code, expected in (("failed", -1, 1), ("failed", 0, 1), ("oom", None, 137)):
        server.script(Reply(json=ended(status, exit_code=exit_code)))
        assert cli("jobs", "wait", JOB).returncode == expected


def test_interrupting_a_wait_leaves_the_job(
    cli: Cli, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    server.script(Reply(json=slim("running")))
    monkeypatch.setattr("evalwright._cli.job_runs.finish", interrupt)
    result = cli("jobs", "wait", JOB)
    assert result.returncode == 130
    assert "goes on" in result.stderr


def test_interrupting_a_run_cancels_it(
    cli: Cli, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    server.script(submitted(), submitted("cancelled"))
    monkeypatch.setattr("evalwright._cli.job_runs.print_output", interrupt)
    result = cli("jobs", "run", write("1"))
    assert result.returncode == 130
    assert server.calls[-1] == f"POST /jobs/{JOB}/cancel"


def test_help_is_there_without_a_server(call: Cli) -> None:
    for words in (["jobs"], ["jobs", "run"], ["job-types"], ["environments"]):
        assert f"Usage: evalwright {' '.join(words)}" in call(*words, "--help").stdout


def test_files_that_were_not_kept(cli: Cli, server: ScriptedServer, tmp_path: Path) -> None:
    listed = {"artifacts": [artifact()], "left_out": [{"name": "x", "reason": "too large"}]}
    server.on("GET", f"/jobs/{JOB}/artifacts", Reply(json=listed))
    shown = cli("jobs", "artifacts", JOB)
    assert "data.bin" in shown.stdout
    assert "Not kept: x: too large" in shown.stderr
    assert json.loads(cli("jobs", "artifacts", JOB, "--json").stdout) == listed
    server.on("GET", f"/jobs/{JOB}/artifacts/data.bin", file(CONTENT))
    paths = cli("jobs", "download", JOB, "data.bin", "--to", str(tmp_path), "--json").stdout
    assert json.loads(paths) == [str(tmp_path / "data.bin")]


def test_output_for_programs(cli: Cli, server: ScriptedServer) -> None:
    server.script(stream(event(1, text="a\n"), event(2, "succeeded")))
    assert cli("jobs", "output", JOB, "--follow", "--json").stdout == (
        '{"stream": "stdout", "text": "a"}\n'
    )


def test_jobs_that_were_given_up(server: ScriptedServer) -> None:
    entry = {
        "id": 1,
        "job_id": JOB,
        "job_data": {},
        "error_type": "interrupted",
        "error_message": "its workers died",
        "retry_count": 2,
        "created_at": NOW,
        "client_ip": None,
        "correlation_id": None,
    }
    page = {"items": [entry], "limit": 1, "offset": 0, "has_more": True, "count": 1}
    rest = {**page, "items": [{**entry, "id": 2}], "has_more": False}
    server.script(Reply(json=page), Reply(json=rest))
    with DeadLettersClient(base_url=server.base_url) as client:
        assert [each.id for each in client.iter(page_size=1)] == [1, 2]
