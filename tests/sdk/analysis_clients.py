"""Both twins of the client against the scripted server."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from evalwright import AsyncEvalwright, Evalwright
from sdk.driven import Driven
from sdk.scripted_server import ScriptedServer
from sdk.tape import Tape


class Whole:
    """An async client whose parts are driven from plain code."""

    def __init__(self, client: AsyncEvalwright, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __getattr__(self, name: str) -> Driven:
        return Driven(getattr(self._client, name), self._runner)


@pytest.fixture
def tape() -> Tape:
    return Tape()


@pytest.fixture(params=["sync", "async"])
def whole(request: pytest.FixtureRequest, server: ScriptedServer, tape: Tape) -> Iterator[Any]:
    """Both twins, living by the tape."""
    if request.param == "sync":
        with Evalwright(base_url=server.base_url) as client:
            tape.wind(client)
            yield client
        return
    with asyncio.Runner() as runner:
        other = AsyncEvalwright(base_url=server.base_url)
        tape.wind(other)
        yield Whole(other, runner)
        runner.run(other.aclose())
