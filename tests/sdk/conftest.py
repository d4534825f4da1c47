"""Settings and fixtures of the SDK's tests."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from sdk.command import call
from sdk.contract import client, scene, space
from sdk.scripted_server import ScriptedServer, serving
from sdk.task_clients import tasks

__all__ = ["call", "client", "scene", "space", "tasks"]

# A test may be slow because the machine is busy; that is no defect of the code.
settings.register_profile("evalwright", deadline=None, max_examples=60)
settings.load_profile("evalwright")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the developer's own server or key."""
    for name in ("EVALWRIGHT_BASE_URL", "EVALWRIGHT_API_KEY", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that says what the test tells it to."""
    with serving() as running:
        yield running
