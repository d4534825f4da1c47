"""A sandbox for each module, and a way to ask what code in it can do."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from textwrap import dedent, indent
from typing import Any

import pytest
import pytest_asyncio

from evalwright_server.sandbox import Sandbox, SandboxJob, SandboxLimits, SandboxResult

Attempt = Callable[..., Awaitable[Any]]

WRAPPER = """
import json, os
def attempt():
{body}
try:
    found = attempt()
except OSError as error:
    found = type(error).__name__
os.write(3, json.dumps(found).encode() + b"\\n")
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    """No skipping: a host that can't isolate fails these tests, with the cure."""
    async with Sandbox() as opened:
        await opened.probe()
        yield opened


@pytest.fixture(params=[None, "a tenant"], ids=["one-shot", "template"])
def template(request: pytest.FixtureRequest) -> str | None:
    """Both kinds of sandboxes are proven alike."""
    name: str | None = request.param
    return name


@pytest.fixture
def attempt(sandbox: Sandbox, template: str | None) -> Attempt:
    """Run the body of a function inside; return what it returned or the OSError it got."""

    async def run(body: str, **limits: Any) -> Any:
        script = WRAPPER.format(body=indent(dedent(body), "    "))
        lines: list[bytes] = []
        bounds = SandboxLimits(**{"wall_seconds": 20, **limits})
        job = SandboxJob(script, limits=bounds, template=template)
        result = await sandbox.run(job, lines.append)
        assert result.exit_code == 0, result
        assert len(lines) == 1
        return json.loads(lines[0])

    return run


@pytest.fixture
def run(sandbox: Sandbox, template: str | None) -> Callable[..., Awaitable[SandboxResult]]:
    """Run a script inside."""

    async def run_script(script: str, **limits: Any) -> SandboxResult:
        bounds = SandboxLimits(**{"wall_seconds": 20, **limits})
        job = SandboxJob(dedent(script), limits=bounds, template=template)
        return await sandbox.run(job)

    return run_script
