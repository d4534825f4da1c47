"""Running a script of the tests as somebody else than root."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from evalwright_server.sandbox.exposure import barrier

REPOSITORY = Path(__file__).parents[2]
USER = 1_650_000_000 + os.getpid()
"""Nobody has this number."""


def run_as_root(script: str, **environment: str) -> str:
    """Run a script as this account; return what it prints."""
    return finish([sys.executable, "-c", script], environment)


def run_as_user(script: str, **environment: str) -> str:
    """Run a script as an account without any right, even where Python lies below /root.

    That directory is replaced in a mount name space that only the script has.
    """
    if os.geteuid() != 0:
        return run_as_root(script, **environment)
    command = shlex.join([
        "setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--inh-caps=-all",
        sys.executable, "-c", script,
    ])  # fmt: skip
    steps = [*open_ways([Path(sys.base_prefix).resolve(), REPOSITORY, Path(sys.prefix)]), command]
    wrapped = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", "\n".join(steps)]
    return finish(wrapped, environment)


def open_ways(paths: list[Path]) -> list[str]:
    """Compose commands that let everybody reach some directories."""
    closed = [path for path in paths if barrier(path) is not None]
    if not closed:
        return []
    held = [f"exec {number}<{shlex.quote(str(path))}" for number, path in enumerate(closed, 5)]
    covered = {str(barrier(path)) for path in closed}
    covers = [f"mount -t tmpfs -o mode=755 tmpfs {shlex.quote(path)}" for path in sorted(covered)]
    binds = [
        f"mkdir -p {shlex.quote(str(path))}\n"
        f"mount --no-canonicalize --bind /proc/self/fd/{number} {shlex.quote(str(path))}"
        for number, path in enumerate(closed, 5)
    ]
    return [*held, *covers, *binds]


def finish(command: list[str], environment: dict[str, str]) -> str:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    try:
        done = subprocess.run(
            command,
            env=kept | {"HOME": "/nonexistent"} | environment,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        pytest.skip(f"needs util-linux: {error}")
    assert done.returncode == 0, done.stderr
    return done.stdout


def without_user_namespaces(command: list[str]) -> list[str]:
    """Wrap a command so that it can make no user namespace, as on hosts where they are off.

    The limit is that of a user namespace of its own, so it concerns nothing else.
    """
    limit = "echo 0 > /proc/sys/user/max_user_namespaces"
    rights = "setpriv --inh-caps=-all --ambient-caps=-all --bounding-set=-all"
    script = f"{limit} && exec {rights} {shlex.join(command)}"
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--keep-caps",
            "sh", "-ec", script]  # fmt: skip
