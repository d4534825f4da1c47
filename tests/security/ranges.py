"""Starting the process of a configuration, and asking it to try cases."""

import contextlib
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evalwright_server.sandbox.exposure import barrier
from security.configurations import Configuration

TESTS = Path(__file__).parents[1]


class RangeProcess:
    """Tries cases one after the other."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @property
    def is_alive(self) -> bool:
        """Whether it can try another one."""
        return self._process.poll() is None

    def run(self, name: str) -> dict[str, Any]:
        """Try a case, named `group/name`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the process that tries cases ended with {self._process.wait()}"
        return dict(json.loads(answer))


@contextlib.contextmanager
def started(configuration: Configuration) -> Iterator[RangeProcess]:
    """Start the process of a configuration; it ends with the context."""
    with home_of(configuration.uid) as home, running(configuration, home) as process:
        yield process


@contextlib.contextmanager
def home_of(uid: int | None) -> Iterator[Path]:
    """Make a directory for an account; not one of pytest's, which are closed to others."""
    with tempfile.TemporaryDirectory(prefix="evalwright-range-") as home:
        if uid is not None:
            os.chown(home, uid, uid)
        yield Path(home)


@contextlib.contextmanager
def running(configuration: Configuration, home: Path) -> Iterator[RangeProcess]:
    """Start the process with a directory to put things in."""
    command = [sys.executable, "-m", "security.range_process"]
    command += ["--template"] if configuration.template else []
    if configuration.uid is not None:
        command = as_account(configuration.uid, command)
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(TESTS)]))
    variables = {**os.environ, "PYTHONPATH": path, "TMPDIR": str(home), "HOME": str(home)}
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={**variables, **configuration.environment},
    ) as process:
        yield RangeProcess(process)
        assert process.stdin is not None
        process.stdin.close()


def as_account(uid: int, command: list[str]) -> list[str]:
    """Return a command that runs another as an ordinary account.

    Root's Python may lie where that account can't go: then the directory in the way is covered by
    an empty one with only Python in it, in a mount namespace of the command's own.
    """
    python = Path(sys.base_prefix).resolve()
    closed = barrier(python / "bin")
    words = ["exec", "setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups",
             "--inh-caps=-all", *map(shlex.quote, command)]  # fmt: skip
    lines = [" ".join(words)]
    if closed is not None:
        lines = [
            "set -e; kept=$(mktemp -d)",
            f"mount --bind {python} $kept",
            f"mount -t tmpfs -o mode=755 none {closed}",
            f"mkdir -p {python}",
            f"mount --move $kept {python}",
            "rmdir $kept",
            *lines,
        ]
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(lines)]
    return ["sh", "-c", lines[0]]
