"""The README's first command, as a newcomer runs it."""

import os
import pathlib
import re
import subprocess
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_quickstart_evaluates_two_systems_and_leaves_a_server(tmp_path: pathlib.Path) -> None:
    """It prints scores, leaves a server that answers, and uses it again the next time."""
    environment = {**os.environ, "EVALWRIGHT_QUICKSTART_DIR": str(tmp_path), "COLUMNS": "160"}
    try:
        first = quickstart(environment, "--port", "0")
        assert "Mean scores" in first
        assert "Where the candidate lost most" in first
        assert "720 judgements, 0 errors, 0 skipped" in first
        left = re.search(r"still running on (http://\S+)", first)
        assert left is not None
        with urllib.request.urlopen(f"{left[1]}/health", timeout=10) as answer:
            assert answer.status == 200
        second = quickstart(environment)
        assert f"Using the server on {left[1]}" in second
        assert "720 judgements" in second
    finally:
        assert "Stopped." in quickstart(environment, "--stop")


def quickstart(environment: dict[str, str], *arguments: str) -> str:
    """Run the command and return what it prints."""
    command = [str(ROOT / "quickstart.sh"), *arguments]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
