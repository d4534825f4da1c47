"""Experiments whose workers and servers are killed with -9, on both databases."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from databases import database_url, postgresql
from evalwright import Evalwright
from evalwright_server.services.model_access import ModelLimits
from fixtures_server import RunningServer
from models.scenes import build_scene, capital, counts
from scripted_models import Question, ScriptedModels

__all__ = ["database_url", "postgresql"]


def workers() -> list[int]:
    """Return the process IDs of the worker processes of this process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            status = (folder / "status").read_text()
        except OSError:  # it ended meanwhile
            continue
        if b"worker_process" in command and f"PPid:\t{os.getpid()}\n" in status:
            found.append(int(folder.name))
    return found


@pytest.mark.slow
def test_no_example_is_answered_twice_when_a_worker_is_killed(
    start_server: Callable[..., RunningServer],
    database_url: str,
    models: ScriptedModels,
    tmp_path: Path,
) -> None:
    """What is stored stays, and the next attempt goes on behind it."""
    others = set(workers())
    server = start_server(
        data=tmp_path / "data",
        database=database_url,
        model_limits=ModelLimits(concurrency=1),
        caches_models=False,
    )
    killed: list[int] = []

    def say(question: Question) -> str:
        if "Japan" in question.prompt and not killed:
            for pid in set(workers()) - others:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
        return capital(question.prompt)

    models.script = say
    with Evalwright(base_url=server.url) as client:
        scene = build_scene(client, models)
        run = scene.run(scene.generation(), experiment_name="survivor")
        assert counts(run) == ("completed", 6, 0, 0)
        assert (run.progress.total, run.progress.done) == (6, 6)
        rows = scene.rows(run.experiment_id)
    assert len(killed) == 1
    assert set(Counter(row["example_id"] for row in rows).values()) == {1}
    asked = Counter(capital(question.prompt) for question in models.asked)
    assert asked["Tokyo"] == 2
    # With one at a time and rows stored at least ten times a second, little is asked again.
    assert sum(asked.values()) <= 12
    assert asked["Oslo"] == 1
