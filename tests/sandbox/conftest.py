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


@pytest.fixture
def attempt(sandbox: Sandbox) -> Attempt:
    """Run the body of a function inside; return what it returned or the OSError it got."""

    async def run(body: str, **limits: Any) -> Any:
        script = WRAPPER.format(body=indent(dedent(body), "    "))
        lines: list[bytes] = []
        job = SandboxJob(script, limits=SandboxLimits(**{"wall_seconds": 20, **limits}))
        result = await sandbox.run(job, lines.append)
        assert result.exit_code == 0, result
        assert len(lines) == 1
        return json.loads(lines[0])

    return run


@pytest.fixture
def run(sandbox: Sandbox) -> Callable[..., Awaitable[SandboxResult]]:
    """Run a script inside."""

    async def run_script(script: str, **limits: Any) -> SandboxResult:
        job = SandboxJob(dedent(script), limits=SandboxLimits(**{"wall_seconds": 20, **limits}))
        return await sandbox.run(job)

    return run_script
