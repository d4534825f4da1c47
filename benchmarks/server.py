"""A server on a throw-away directory, for the length of a benchmark."""

import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

READY = "Evalwright ready on "


@dataclass(frozen=True)
class Server:
    """A server that runs, and where its data is."""

    address: str
    pid: int
    data: pathlib.Path


@contextmanager
def serving() -> Iterator[Server]:
    """Start `evalwright serve` on a free port, yield it, and stop it.

    Raises:
        RuntimeError: The server ended before it was ready.
    """
    program = str(pathlib.Path(sys.executable).with_name("evalwright"))
    with tempfile.TemporaryDirectory(prefix="evalwright-bench-") as data:
        server = subprocess.Popen(
            [program, "serve", "--port", "0", "--data", data],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "EVALWRIGHT_RATE_LIMIT": "0"},
        )
        try:
            yield Server(_address(server), server.pid, pathlib.Path(data))
        finally:
            server.terminate()
            server.wait(timeout=30)


def _address(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    for line in server.stdout:
        if line.startswith(READY):
            return line.removeprefix(READY).strip()
    message = f"the server ended with code {server.wait()} before it was ready"
    raise RuntimeError(message)
