"""What tests of model access share: clients whose clock and chance are the test's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from evalwright import Evalwright
from evalwright_server.models import Integration
from fixtures_server import RunningServer
from models.scenes import Scene, build_scene
from scripted_models import ScriptedModels

KEY = "sk-secret-0123456789"


@dataclass
class Clock:
    """Time that passes only while somebody sleeps."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def integrate(models: ScriptedModels) -> Callable[..., Integration]:
    """A function that returns an integration with the scripted provider."""

    def make(**changes: object) -> Integration:
        members = {
            "id": 1,
            "name": "scripted",
            "provider": "custom",
            "api_key": KEY,
            "base_url": models.url,
            **changes,
        }
        return Integration(**members)  # type: ignore[arg-type]

    return make


@pytest.fixture
def scene(running_server: RunningServer, models: ScriptedModels) -> Iterator[Scene]:
    """A space of this test's own on the shared server, and models to ask."""
    with Evalwright(base_url=running_server.url) as client:
        yield build_scene(client, models)
