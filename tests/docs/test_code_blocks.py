"""Every code block of the documentation runs and prints what the page says."""

import contextlib
import io
import os
import pathlib
import re
import subprocess
import sys

import pytest

from docs import model
from docs.blocks import PAGES, ROOT, Block, blocks, commands
from fixtures_server import RunningServer
from scripted_models import ScriptedModels

NOT_RUN_HERE = re.compile(
    r"\./test\.sh.*"  # this test is part of it
    r"|\./codegen\.sh.*"  # tests/codegen runs it
    r"|\./quickstart\.sh"  # test_quickstart runs it
    r"|evalwright serve.*"  # tests/server runs it, with every option
    r"|python -m benchmarks.*"  # takes minutes; tests/quality holds its figures to the page
)


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_python_blocks_of_a_page_run(
    path: pathlib.Path,
    running_server: RunningServer,
    models: ScriptedModels,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The blocks of one page share their names, as they do for someone who follows it."""
    models.script = model.say
    monkeypatch.setenv(model.VARIABLE, models.url)
    monkeypatch.setenv("EVALWRIGHT_BASE_URL", running_server.url)
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(path):
        if block.language == "python":
            run_python(block, names)


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_commands_of_a_page_run(path: pathlib.Path, running_server: RunningServer) -> None:
    """Commands run one after the other and end well."""
    programs = pathlib.Path(sys.executable).parent
    environment = {
        **os.environ,
        "EVALWRIGHT_BASE_URL": running_server.url,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
    }
    for block in blocks(path):
        for command in commands(block) if block.language == "console" else []:
            if not NOT_RUN_HERE.fullmatch(command):
                done = subprocess.run(
                    command,
                    shell=True,
                    cwd=ROOT,
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert done.returncode == 0, (
                    f"{block.page}:{block.line}: {command}\n{done.stdout}{done.stderr}"
                )


def test_the_two_commands_stand_alone_in_the_first_console_blocks() -> None:
    """Tools and people find the two commands without reading on."""
    console = [block for block in blocks(ROOT / "README.md") if block.language == "console"]
    assert [block.body for block in console[:2]] == ["$ ./quickstart.sh\n", "$ ./test.sh\n"]


def test_ci_runs_the_test_command_of_the_readme() -> None:
    """What CI runs is what the README says."""
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == "exec ./test.sh"


def test_links_between_pages_lead_somewhere() -> None:
    """No page links to a file that is not there."""
    for path in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def run_python(block: Block, names: dict[str, object]) -> None:
    """Run a block; what it prints must be the text block that follows it, if one does."""
    printed = io.StringIO()
    code = compile("\n" * block.line + block.body, block.page, "exec")
    with contextlib.redirect_stdout(printed):
        exec(code, names)
    if block.output is not None:
        assert printed.getvalue() == block.output, f"{block.page}:{block.line}"
