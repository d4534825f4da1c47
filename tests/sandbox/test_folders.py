"""Folders for jobs come and go, also with servers that are killed."""

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from evalwright_server.sandbox.folders import OWNER, PREFIX, SlotFolders, sweep


def test_folders_of_killed_servers_are_swept(tmp_path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from evalwright_server.sandbox import folders
folders.MEMORY = Path(sys.argv[1])
made = folders.SlotFolders()
made.new()
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", script, tmp_path], check=False)
    (left,) = tmp_path.glob(f"{PREFIX}*")
    owned = tmp_path / f"{PREFIX}in-use"
    owned.mkdir()
    with (owned / OWNER).open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        sweep(tmp_path)
        assert not left.exists()
        assert owned.exists()


def test_nothing_is_left_of_folders_that_are_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalwright_server.sandbox.folders.MEMORY", tmp_path)
    with SlotFolders() as folders:
        folders.new().write("print(1)", {"x": b"y"})
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())
