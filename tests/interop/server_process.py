"""Processes of the server's environment: a server as users start it, and models for it."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

TESTS = Path(__file__).parents[1]
_READY = re.compile(r"ready on http://(\S+)")


class ServerProcess:
    """`evalwright serve` on a free port, until the context ends.

    Args:
        python: The interpreter that has the server.
        data: Directory for its data.
        arguments: Further arguments of the command.
        variables: Of its environment, beside those of this process.
    """

    def __init__(self, python: str, data: Path, *arguments: str, **variables: str) -> None:
        self._command = [
            *(python, "-m", "evalwright", "serve", "--port", "0", "--data", str(data)),
            *arguments,
        ]
        self._log = data / "log"
        self._variables = variables
        self.host = ""
        """Host and port."""

    def __enter__(self) -> Self:
        settings = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                self._command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=settings | self._variables,
            )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := _READY.search(line):
                self.host = found[1]
                return self
        raise RuntimeError(f"the server did not start: {self._log.read_text()}")

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=30)

    @property
    def failures(self) -> str:
        """What the server wrote about requests that went wrong in it."""
        return "\n".join(line for line in self._log.read_text().splitlines() if "failed" in line)


@contextmanager
def models_process(python: str) -> Iterator[str]:
    """Run a provider of models; yields its address.

    Args:
        python: The interpreter that has the server.
    """
    process = subprocess.Popen(
        [python, "-m", "interop.models_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.communicate(timeout=60)
