"""The command `evalwright serve`, as a process of its own."""

import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from databases import postgresql
from evalwright_server.cli import serve
from evalwright_server.config import DATABASE_FILE
from server.client import Api, at
from server.scenes import build_scene

__all__ = ["postgresql"]

pytestmark = pytest.mark.slow


def environment(**changes: str) -> dict[str, str]:
    """Return the environment without what the developer may have set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EVALWRIGHT_")}
    return {**kept, **changes}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "evalwright", "serve", *arguments]


@contextmanager
def serving(*arguments: str, **changes: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command until the context ends; yield it and the address it tells."""
    process = subprocess.Popen(
        command(*arguments),
        env=environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.fullmatch(r"Evalwright ready on (http://\S+)\n", line):
                yield process, found[1]
                break
        else:
            raise AssertionError(process.communicate()[1])
    finally:
        process.kill()
        process.communicate()


def refusal(*arguments: str, **changes: str) -> str:
    """Call the command, which must refuse to start, and return its one line."""
    app = typer.Typer()
    app.command()(serve)
    variables: dict[str, str | None] = {
        name: None for name in os.environ if name.startswith("EVALWRIGHT_")
    }
    done = CliRunner().invoke(app, arguments, env={**variables, **changes})
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("evalwright serve: ")
    return line


@pytest.fixture(autouse=True)
def same_logging() -> Iterator[None]:
    """Give pytest its handlers back, which the command replaces."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_it_answers_once_it_says_so_and_stops_with_zero(tmp_path: Path) -> None:
    with serving("--port", "0", "--data", str(tmp_path)) as (process, address):
        api = Api(address)
        assert api.get("/health").body["status"] == "healthy"
        task = api.make("/v2/tasks", build_scene(api).task())["id"]
        run = api.make(at("/v2/tasks/{}/trigger", task), {})["id"]
        done = api.get(at("/v2/task-runs/{}", run), Prefer="wait=30").body
        assert done["status"] == "completed"
        process.send_signal(signal.SIGTERM)
        output, log = process.communicate(timeout=30)
        assert (process.returncode, output) == (0, "")
    entries = [json.loads(line) for line in log.splitlines()]
    triggered = next(entry for entry in entries if entry.get("operation") == "trigger_task_run")
    assert (triggered["status"], triggered["method"]) == (201, "POST")
    assert triggered["request_id"]
    assert triggered["duration_ms"] > 0


def test_an_interrupt_stops_it_too(tmp_path: Path) -> None:
    with serving("--port", "0", "--data", str(tmp_path)) as (process, _):
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 0


def test_asked_twice_it_leaves_at_once(tmp_path: Path) -> None:
    """A client that never finishes its request would hold the first stop up for seconds."""
    with serving("--port", "0", "--data", str(tmp_path), "--workers", "0") as (process, address):
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as unfinished:
            unfinished.sendall(
                b"POST /v2/spaces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
            )
            Api(address).get("/health")
            process.send_signal(signal.SIGINT)
            while is_listening(host, int(port)):
                pass
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
    assert process.returncode == 130


def is_listening(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port)).close()
    except ConnectionRefusedError:
        return False
    return True


def test_the_environment_says_what_options_say(tmp_path: Path) -> None:
    variables = {
        "EVALWRIGHT_PORT": "0",
        "EVALWRIGHT_DATA": str(tmp_path / "here"),
        "EVALWRIGHT_API_KEY": "open-sesame",
        "EVALWRIGHT_WORKERS": "0",
    }
    with serving(**variables) as (_, address):
        assert Api(address).get("/v2/spaces").status == 401
        assert Api(address, {"X-API-Key": "open-sesame"}).get("/v2/spaces").status == 200
        assert Api(address).get("/health").body["workers"] == 0
    assert (tmp_path / "here" / DATABASE_FILE).exists()


def test_data_is_there_again_after_a_kill(tmp_path: Path) -> None:
    options = ("--port", "0", "--data", str(tmp_path), "--workers", "0")
    with serving(*options) as (process, address):
        space = Api(address).make("/v2/spaces", {"name": "kept"})
        process.kill()
    with serving(*options) as (_, address):
        assert Api(address).get(at("/v2/spaces/{}", space["id"])).body == space


def test_it_runs_on_postgresql(tmp_path: Path, postgresql: Callable[[], str]) -> None:
    options = ("--port", "0", "--data", str(tmp_path), "--database", postgresql())
    with serving(*options, EVALWRIGHT_VALIDATE_RESPONSES="1") as (_, address):
        api = Api(address)
        assert api.get("/health").body["database"] == "postgresql"
        task = api.make("/v2/tasks", build_scene(api).task())["id"]
        run = api.make(at("/v2/tasks/{}/trigger", task), {})["id"]
        done = api.get(at("/v2/task-runs/{}", run), Prefer="wait=30").body
        assert (done["status"], done["num_successes"]) == ("completed", 3)


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        options = ("--port", port, "--data", str(tmp_path))
        done = subprocess.run(
            command(*options), env=environment(), capture_output=True, text=True, check=False
        )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"evalwright serve: can't listen on 127.0.0.1, port {port} ")
    assert "--port" in line


def test_a_data_directory_that_can_not_be_used(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    assert "--data" in refusal("--port", "0", "--data", str(blocked / "data"))


def test_a_database_in_use_by_another_server(tmp_path: Path) -> None:
    options = ("--port", "0", "--data", str(tmp_path), "--workers", "0")
    with serving(*options) as (process, _):
        line = refusal(*options)
    assert f"process {process.pid}" in line


def test_a_database_of_a_newer_release(tmp_path: Path) -> None:
    with serving("--port", "0", "--data", str(tmp_path), "--workers", "0"):
        pass
    engine = create_engine(f"sqlite:///{tmp_path / DATABASE_FILE}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert "newer" in refusal("--port", "0", "--data", str(tmp_path))


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / DATABASE_FILE).write_bytes(b"something else" * 1000)
    assert DATABASE_FILE in refusal("--port", "0", "--data", str(tmp_path))


@pytest.mark.parametrize(
    "url", ["mysql://localhost/x", "nonsense", "postgresql://127.0.0.1:1/none", "sqlite://"]
)
def test_a_database_that_can_not_be_reached(tmp_path: Path, url: str) -> None:
    refusal("--port", "0", "--data", str(tmp_path), "--database", url)


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    url = "postgresql://someone:do-not-tell@127.0.0.1:1/none"
    assert "do-not-tell" not in refusal("--port", "0", "--data", str(tmp_path), "--database", url)


def test_other_machines_need_a_key(tmp_path: Path) -> None:
    line = refusal("--host", "0.0.0.0", "--port", "0", "--data", str(tmp_path))
    assert "--api-key" in line


def test_a_host_that_is_none(tmp_path: Path) -> None:
    line = refusal("--host", "no.such.host.invalid", "--data", str(tmp_path), "--api-key", "k")
    assert "no.such.host.invalid" in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EVALWRIGHT_RATE_LIMIT", "many"),
        ("EVALWRIGHT_RATE_LIMIT", "nan"),
        ("EVALWRIGHT_MAX_BODY", "-1"),
        ("EVALWRIGHT_SECRET_KEY", "short"),
    ],
)
def test_a_variable_that_makes_no_sense(tmp_path: Path, name: str, value: str) -> None:
    refusal("--port", "0", "--data", str(tmp_path), **{name: value})


def test_a_key_file_that_holds_none(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("")
    refusal("--port", "0", "--data", str(tmp_path))
