"""What a server does on a host that isolates less than it should."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.accounts_of_tests import without_user_namespaces
from server.client import Api

pytestmark = pytest.mark.slow

CODE = {"code": "print(6 * 7)"}


def command(data: Path, *arguments: str) -> list[str]:
    program = [sys.executable, "-m", "evalwright", "serve", "--port", "0", "--data", str(data)]
    return [*program, *arguments]


def environment(changes: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EVALWRIGHT_")}
    return {**kept, **changes}


@contextmanager
def serving(command: list[str], **changes: str) -> Iterator[tuple[Api, "subprocess.Popen[str]"]]:
    """Run a server until the context ends."""
    process = subprocess.Popen(
        command,
        env=environment(changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.fullmatch(r"Evalwright ready on (http://\S+)\n", line):
                yield Api(found[1]), process
                break
        else:
            raise AssertionError(process.communicate()[1])
    finally:
        process.kill()
        process.communicate()


def refusal(data: Path, *arguments: str, **changes: str) -> str:
    """Start a server that must refuse to start; return why."""
    done = subprocess.run(
        command(data, *arguments),
        env=environment(changes),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("evalwright serve: ")
    return line


@pytest.mark.parametrize("by_variable", [True, False])
def test_it_does_not_start_with_less_than_required(tmp_path: Path, by_variable: bool) -> None:
    changes = {"EVALWRIGHT_REQUIRE_ISOLATION": "cgroup"} if by_variable else {}
    arguments = () if by_variable else ("--require-isolation", "cgroup")
    line = refusal(tmp_path, *arguments, EVALWRIGHT_CGROUPS="0", **changes)
    assert "`cgroup` is required, and this host has `namespaces`" in line
    assert "Unset EVALWRIGHT_CGROUPS" in line


def test_unsafe_is_less_than_anything_that_is_required(tmp_path: Path) -> None:
    line = refusal(tmp_path, "--require-isolation", "namespaces", EVALWRIGHT_SANDBOX="unsafe")
    assert "this host has `unsafe`" in line


def test_words_that_mean_nothing_are_refused(tmp_path: Path) -> None:
    assert "expected one of unsafe, namespaces, cgroup" in refusal(
        tmp_path, "--require-isolation", "much"
    )
    assert "expected bubblewrap, or unsafe" in refusal(tmp_path, EVALWRIGHT_SANDBOX="none")


def test_it_starts_with_what_is_required(tmp_path: Path) -> None:
    started = command(tmp_path, "--require-isolation", "namespaces", "--workers", "0")
    with serving(started) as (api, _):
        sandbox = api.get("/health").body["sandbox"]
    assert sandbox["available"] is True
    assert sandbox["level"] in {"namespaces", "cgroup"}
    assert "seccomp" in sandbox["layers"]
    assert all(set(layer) == {"layer", "reason", "cure"} for layer in sandbox["missing"])


def test_without_user_namespaces_it_starts_and_refuses_jobs(tmp_path: Path) -> None:
    """Everything else works there, so it must not stay away altogether."""
    with serving(without_user_namespaces(command(tmp_path))) as (api, process):
        health = api.get("/health").body
        refused = api.post("/execute", CODE)
        later = api.post("/execute/async", CODE)
        assert api.get("/executions").body["count"] == 0
        process.terminate()
        assert "user namespaces" in process.communicate()[1]
    assert health["status"] == "degraded"
    assert health["sandbox"]["available"] is False
    assert "sysctl user.max_user_namespaces" in health["sandbox"]["reason"]
    for answer in (refused, later):
        assert answer.status == 503
        assert "sysctl user.max_user_namespaces" in str(answer.body)


def test_unsafe_is_loud_wherever_it_can_be_seen(tmp_path: Path) -> None:
    with serving(command(tmp_path), EVALWRIGHT_SANDBOX="unsafe") as (api, process):
        health = api.get("/health").body["sandbox"]
        execution = api.post("/execute", CODE).body["execution_id"]
        job = api.get(f"/jobs/{execution}?view=full").body
        process.terminate()
        assert "WITHOUT ISOLATION" in process.communicate()[1]
    assert (health["driver"], health["level"]) == ("unsafe", "unsafe")
    assert "network_namespace" in {layer["layer"] for layer in health["missing"]}
    assert job["stdout"] == "42\n"
    assert job["isolation"]["driver"] == job["isolation"]["level"] == "unsafe"
