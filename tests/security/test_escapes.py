"""Every hostile job, on the sandbox itself, in every way that it may be set up on this host.

By default all cases run in the most thorough configuration and those that depend on it in the
others; `nox -s security` runs the complete matrix.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from _pytest.mark import ParameterSet

from evalwright_server.attack import CASES, Case, Word
from security.configurations import POSSIBLE, Configuration
from security.ranges import RangeProcess, started

pytestmark = pytest.mark.slow

COMPLETE = os.environ.get("EVALWRIGHT_SECURITY") == "complete"
SAME_EVERYWHERE = {"results", "artifacts"}
"""Groups about what reads a job's files, which does not differ with what isolated it."""
REPRESENTATIVE = {
    "artifacts/symbolic-links", "artifacts/closed-files", "artifacts/deep-folders",
    "artifacts/race", "results/brackets",
}  # fmt: skip
NEEDS_A_SECOND = {"bombs/spin", "bombs/sleep", "processes/ignore-signals", "bombs/endless-flood"}
"""Left out where another case of the same kind is tried anyway."""

COUNTED = {"memory", "bombs", "processes", "forgeries", "leftovers"}
"""Groups that depend on who counts what a job takes."""

Start = Callable[[Configuration], RangeProcess]


def chosen() -> Iterator[ParameterSet]:
    for number, configuration in enumerate(POSSIBLE):
        # One worker of pytest-xdist to a configuration, as each has a process of its own.
        mark = pytest.mark.xdist_group(configuration.name)
        for case in CASES:
            name = f"{case.group}/{case.name}"
            if number == 0 or COMPLETE or is_worth_it(configuration, case, name):
                label = f"{configuration.name}: {name}"
                yield pytest.param(configuration, case, marks=mark, id=label)


def is_worth_it(configuration: Configuration, case: Case, name: str) -> bool:
    if name in REPRESENTATIVE:
        return True
    if configuration.needs_root and configuration.environment:
        return case.group in COUNTED and name not in NEEDS_A_SECOND
    return case.group not in SAME_EVERYWHERE and name not in NEEDS_A_SECOND


@pytest.fixture(scope="module")
def start() -> Iterator[Start]:
    """Start the process of a configuration once."""
    running: dict[str, RangeProcess] = {}
    with ExitStack() as stack:

        def once(configuration: Configuration) -> RangeProcess:
            found = running.get(configuration.name)
            # One that died failed the test that it died in, and no other.
            if found is None or not found.is_alive:
                found = running[configuration.name] = stack.enter_context(started(configuration))
            return found

        yield once


@pytest.mark.parametrize(
    "configuration",
    [
        pytest.param(each, marks=pytest.mark.xdist_group(each.name), id=each.name)
        for each in POSSIBLE
    ],
)
def test_a_configuration_is_what_it_says(start: Start, configuration: Configuration) -> None:
    """Or its cases would prove something else."""
    found = start(configuration).run("isolation")
    assert found["driver"] == "bubblewrap"
    if configuration.environment:
        assert (found["level"], "memory_watcher" in found["layers"]) == ("namespaces", True)
    # Jobs of one template share an account.
    is_alone = os.geteuid() == 0 and configuration.uid is None and not configuration.template
    assert ("dedicated_uid" in found["layers"]) == is_alone


@pytest.mark.parametrize(("configuration", "case"), list(chosen()))
def test_it_holds(start: Start, configuration: Configuration, case: Case) -> None:
    answer = start(configuration).run(f"{case.group}/{case.name}")
    assert answer["word"] in {Word.CONTAINED, Word.SKIPPED}, f"{case.claim}: {answer['evidence']}"
