"""The command line, called in this process, which is quicker than a new one and just as real."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from evalwright.__main__ import main


@dataclass(frozen=True)
class Result:
    """How a call of the command ended."""

    returncode: int
    stdout: str
    stderr: str


Cli = Callable[..., Result]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The command in this process, which is quicker than a new one and just as real."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str, stdin: str = "", **environ: str) -> Result:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["evalwright", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as caught:
            main()
        output = capsys.readouterr()
        assert "Traceback" not in output.err, output.err
        code = caught.value.code
        return Result(code if isinstance(code, int) else int(code is not None), *output)

    return run
