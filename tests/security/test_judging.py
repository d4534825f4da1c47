"""A suite that can't find an escape proves nothing; so here are some, and it must find them."""

import json
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evalwright_server.attack import (
    CASES,
    GROUPS,
    Artifact,
    Bounds,
    Canaries,
    Case,
    Outcome,
    Setting,
    Sightings,
    Trial,
    Word,
    judge,
    plant,
)
from evalwright_server.attack.corpus import GENTLE
from evalwright_server.attack.prelude import GUARD, source

BY_NAME = {f"{case.group}/{case.name}": case for case in CASES}
SETTING = Setting("mark-0123456789abcdef", "secret-0123")
GOOD = Outcome("succeeded", stdout="contained: all of it\n")


def word(case: str, outcome: Outcome, sightings: Sightings | None = None) -> Word:
    return judge(BY_NAME[case], Trial(SETTING, outcome, None, sightings or Sightings())).word


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(CASES) >= 64
    assert len(BY_NAME) == len(CASES)
    assert all(count >= 8 for count in Counter(case.group for case in CASES).values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.group}/{case.name}")
def test_every_program_is_a_program(case: Case) -> None:
    for program in (case.program, case.before, case.beside):
        if program is not None:
            compile(source(program), case.name, "exec")
            assert len(source(program)) < 100_000, "more than a server takes"
    assert case.group in GROUPS
    assert case.claim[0].islower()
    assert not case.claim.endswith(".")


def test_no_program_that_could_do_harm_goes_without_a_guard() -> None:
    """Somebody will attack a server that isolates nothing."""
    for case in CASES:
        for program in filter(None, (case.program, case.before, case.beside)):
            assert program.startswith(GUARD) or case.name in GENTLE
    guarded = source(f"{GUARD}raise SystemExit('went on')").replace(
        "/input/data.json", "/dev/stdin"
    )
    ended = subprocess.run(
        [sys.executable, "-c", guarded],
        input='{"canaries": {}}',
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("escaped: it sees ")


def test_a_program_that_found_a_way_out_is_believed() -> None:
    assert word("files/host-file", GOOD) is Word.CONTAINED
    assert word("files/host-file", replace(GOOD, stdout="escaped: x\n")) is Word.ESCAPED
    assert word("files/host-file", replace(GOOD, stdout="")) is Word.BROKEN
    assert word("files/host-file", Outcome("failed", 1, error_type="x")) is Word.BROKEN
    assert word("files/host-file", replace(GOOD, stdout="not applicable: x\n")) is Word.SKIPPED


@pytest.mark.parametrize(
    "wrong",
    [
        {"stdout": "secret-0123\ncontained: \n"},
        {"stdout": "x" * 70_000 + "\ncontained: \n"},
        {"output": {"found": "secret-0123"}},
        {"artifacts": {"a": Artifact(11, b"secret-0123")}},
        {"artifacts": {".hidden": Artifact(1)}},
        {"artifacts": {"a\r\nb": Artifact(1)}},
        {"artifacts": {"a\\b": Artifact(1)}},
        {"artifacts": {"a": Artifact(11 * 2**20)}},
        {"artifacts": {str(number): Artifact(1) for number in range(101)}},
    ],
)
def test_what_holds_for_all_cases_is_checked_for_each(wrong: dict[str, object]) -> None:
    assert word("files/host-file", replace(GOOD, **wrong)) is Word.ESCAPED  # type: ignore[arg-type]


def test_touched_canaries_and_late_processes_are_escapes() -> None:
    assert word("files/host-file", GOOD, Sightings(touched=("tcp",))) is Word.ESCAPED
    assert word("processes/daemon", GOOD, Sightings(processes=(7,))) is Word.ESCAPED


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome("running"),
        Outcome("succeeded", 1, "contained: x\n"),
        Outcome("failed", 0, "contained: x\n"),
        replace(GOOD, troubles=("GET /executions: 500",)),
    ],
)
def test_a_record_that_contradicts_itself_is_no_proof(outcome: Outcome) -> None:
    assert word("files/host-file", outcome) is Word.BROKEN


def test_a_forged_end_is_an_escape() -> None:
    assert word("forgeries/exit-124", Outcome("failed", 124, error_type="x")) is Word.CONTAINED
    assert word("forgeries/exit-124", Outcome("timeout", 124, error_type="x")) is Word.ESCAPED
    assert word("forgeries/raises-memory-error", Outcome("oom", 137, error_type="oom")) is (
        Word.ESCAPED
    )
    idle = replace(GOOD, cpu_seconds=0.01)
    assert word("forgeries/hidden-time", idle) is Word.ESCAPED
    assert word("forgeries/hidden-time", replace(GOOD, cpu_seconds=0.31)) is Word.CONTAINED


def test_bombs_over_their_limit_are_escapes() -> None:
    assert word("bombs/many-processes", replace(GOOD, stdout="count 99\n")) is Word.CONTAINED
    assert word("bombs/many-processes", replace(GOOD, stdout="count 101\n")) is Word.ESCAPED
    assert word("bombs/many-processes", replace(GOOD, stdout="count 0\n")) is Word.BROKEN
    assert word("bombs/spin", Outcome("timeout", 124, seconds=1.1, error_type="x")) is (
        Word.CONTAINED
    )
    assert word("bombs/spin", Outcome("timeout", 124, seconds=30, error_type="x")) is Word.ESCAPED
    assert word("bombs/spin", GOOD) is Word.ESCAPED


def test_wrong_files_are_escapes_and_lost_ones_are_not_proof() -> None:
    good = {"good.txt": Artifact(4, b"good")}
    assert word("artifacts/pipes", replace(GOOD, artifacts=good)) is Word.CONTAINED
    assert word("artifacts/pipes", GOOD) is Word.BROKEN
    linked = {**good, "result.json": Artifact(1)}
    assert word("artifacts/linked-result", replace(GOOD, artifacts=linked)) is Word.ESCAPED
    assert word("results/list", replace(GOOD, output=[1])) is Word.ESCAPED


UNPROTECTED = sorted(
    name for name, case in BY_NAME.items() if case.name in GENTLE - {"unknown-calls"}
)
"""Cases that only look, and must see something in a program that nothing holds."""


@pytest.fixture(scope="module")
def canaries() -> Iterator[Canaries]:
    with plant() as planted:
        yield planted


@pytest.mark.parametrize("name", UNPROTECTED)
def test_without_a_sandbox_it_is_found_out(canaries: Canaries, tmp_path: Path, name: str) -> None:
    setting = Setting(f"mark-{secrets.token_hex(8)}", canaries.secret, Bounds(), canaries.places)
    data = tmp_path / "data.json"
    data.write_text(json.dumps(setting.input_data()))
    program = source(BY_NAME[name].program).replace("/input/data.json", str(data))
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"EVALWRIGHT_API_KEY": "x"},
        check=False,
    )
    outcome = Outcome("succeeded" if ended.returncode == 0 else "failed", ended.returncode,
                      ended.stdout, ended.stderr)  # fmt: skip
    trial = Trial(setting, outcome, None, canaries.sightings(setting.mark))
    assert judge(BY_NAME[name], trial).word is Word.ESCAPED, ended
