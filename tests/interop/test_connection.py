"""Keys, and experiments that the client runs itself."""

from pathlib import Path
from typing import Any

import pytest
from arize import ArizeClient
from arize._generated.api_client.exceptions import UnauthorizedException

from interop import clients
from interop.scenes import Scene
from interop.server_process import ServerProcess


def test_keys_are_checked(python: str, tmp_path: Path) -> None:
    with ServerProcess(python, tmp_path, "--api-key", "open sesame") as server:
        assert clients.connect(server.host, api_key="open sesame").spaces.list().spaces == []
        with pytest.raises(UnauthorizedException) as caught:
            clients.connect(server.host, api_key="wrong").spaces.list()
        assert caught.value.data.status == 401


def test_the_environment_names_the_server(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARIZE_API_HOST", server.host)
    monkeypatch.setenv("ARIZE_API_SCHEME", "http")
    monkeypatch.setenv("ARIZE_API_KEY", "any")
    assert ArizeClient().organizations.list().organizations


def test_a_function_is_run_here_and_its_outputs_kept_there(
    server: ServerProcess, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its spans go nowhere, at once."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "0.01")
    client = clients.connect(server.host, otlp_host="127.0.0.1:9", otlp_scheme="http")

    def answer(dataset_row: dict[str, Any]) -> str:
        return "a" + str(dataset_row["question"])[1:]

    def right(output: str, dataset_row: dict[str, Any]) -> bool:
        return bool(output == dataset_row["expected"])

    experiment, _ = client.experiments.run(
        name="run here",
        dataset=scene.dataset.id,
        task=answer,
        evaluators=[right],
        force_http=True,
    )
    rows = client.experiments.list_runs(experiment=experiment.id).experiment_runs
    assert sorted(row.output for row in rows) == ["a0", "a1", "a2"]
    assert [row.additional_properties["eval.right.score"] for row in rows] == [1.0] * 3
