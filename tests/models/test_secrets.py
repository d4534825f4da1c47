"""Keys and headers of AI integrations are where they are needed, and nowhere else."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from evalwright import Evalwright
from fixtures_server import RunningServer
from models.scenes import HEADER, KEY, build_scene, counts
from scripted_models import Answer, ScriptedModels, fixed

SECRETS = (KEY, HEADER)


@contextmanager
def serving(data: Path, log: Path) -> Iterator[str]:
    """Run the command as people do, with everything it says in a file."""
    command = [sys.executable, "-m", "evalwright", "serve", "--port", "0", "--data", str(data)]
    with log.open("w") as errors:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "EVALWRIGHT_RATE_LIMIT": "0"},
        )
        assert process.stdout is not None
        try:
            line = next(line for line in process.stdout if "ready on" in line)
            yield line.split()[-1]
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()


@pytest.mark.slow
def test_secrets_are_neither_stored_nor_logged_nor_answered(
    models: ScriptedModels, tmp_path: Path
) -> None:
    """Not even when the provider repeats them in its errors, or a worker can't go on."""
    data, log = tmp_path / "data", tmp_path / "log"
    said: list[str] = []
    with serving(data, log) as url, Evalwright(base_url=url) as client:
        scene = build_scene(client, models)
        experiment = scene.experiment("Paris", "Oslo")
        evaluation = scene.evaluation(experiment, scene.evaluator())
        generation = scene.generation()
        runs = []
        for status in (400, 401, 503):
            text = f"{KEY} and {HEADER} are wrong"
            headers = {"Retry-After": "3600"}
            models.script = fixed(Answer(text, status=status, headers=headers))
            runs.append(scene.run(evaluation))
            runs.append(scene.run(generation, experiment_name=f"with {status}"))
        assert {run.status.value for run in runs} == {"failed"}
        said += [run.model_dump_json() for run in runs]
        said += [str(scene.rows(run.experiment_id)) for run in runs if run.experiment_id]
        said.append(str(scene.rows(experiment)))
        said.append(client.ai_integrations.get(integration=scene.integration).model_dump_json())
    assert models.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert models.asked[0].headers["x-token"] == HEADER
    assert any("*** and *** are wrong" in text for text in said)
    *answers, integration = said
    assert not any(secret in text for secret in SECRETS for text in answers)
    # Headers are the user's own text and can be read again; the key can't.
    assert KEY not in integration
    files = [path for path in data.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"evalwright.db", "model-cache.db"}
    for path in (log, *files):
        content = path.read_bytes()
        assert not any(secret.encode() in content for secret in SECRETS), path


def test_a_key_that_can_not_be_opened_any_more_is_no_mystery(
    start_server: Callable[..., RunningServer], models: ScriptedModels, tmp_path: Path
) -> None:
    """The key of the server was lost; the run says so and what to do."""
    first = start_server(data=tmp_path)
    with Evalwright(base_url=first.url) as client:
        scene = build_scene(client, models)
        task = scene.evaluation(scene.experiment("Paris"), scene.evaluator())
        client.ai_integrations.update(integration=scene.integration, headers=None)
        (tmp_path / "secret.key").unlink()
    first.stop()
    second = restart(start_server, tmp_path)
    with Evalwright(base_url=second.url) as client:
        scene.client = client
        run = scene.run(task)
    assert run.status == "failed"
    assert "restore the key it was sealed with, or store the secret again" in str(
        run.failure_reason
    )
    assert models.asked == []


def restart(start_server: Callable[..., RunningServer], data: Path) -> RunningServer:
    """Start another server on the same data, once the first one has let go of it."""
    from evalwright_server.store.errors import DatabaseError

    while True:
        try:
            return start_server(data=data)
        except DatabaseError as error:
            logging.getLogger(__name__).info("still there: %s", error)


def test_keys_are_used_again_only_for_their_integration(
    start_server: Callable[..., RunningServer], models: ScriptedModels, tmp_path: Path
) -> None:
    """A new key counts from the next run on, whatever a worker still knows."""
    server = start_server(data=tmp_path)
    models.script = fixed("Paris")
    with Evalwright(base_url=server.url) as client:
        scene = build_scene(client, models)
        task = scene.generation()
        for number, key in enumerate(("sk-first", "sk-second")):
            client.ai_integrations.update(integration=scene.integration, api_key=key)
            run = scene.run(task, experiment_name=f"number {number}", max_examples=1)
            assert counts(run) == ("completed", 1, 0, 0)
        client.ai_integrations.update(integration=scene.integration, api_key=None, headers=None)
        scene.run(task, experiment_name="none", example_ids=examples(scene.dataset, client)[1:2])
    keys = [asked.headers.get("authorization") for asked in models.asked]
    assert keys == ["Bearer sk-first", None]


def examples(dataset: str, client: Evalwright) -> list[str]:
    """Return the IDs of a dataset's examples."""
    return [each.id for each in client.datasets.list_examples(dataset=dataset).examples]
