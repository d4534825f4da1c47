"""A sandbox for each module, and custom evaluators in one call."""

from collections.abc import AsyncIterator, Awaitable, Callable
from textwrap import dedent
from typing import Any

import pytest
import pytest_asyncio

from evalwright_server.evaluators import EvaluationLimits, Outcome, build_evaluator
from evalwright_server.sandbox import Sandbox

Judge = Callable[..., Awaitable[list[Outcome]]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    """No skipping: a host that can't isolate fails these tests, with the cure."""
    async with Sandbox() as opened:
        await opened.probe()
        yield opened


@pytest.fixture
def judge(sandbox: Sandbox) -> Judge:
    """Judge rows by a custom evaluator of one variable, `output`."""

    async def run(
        code: str,
        rows: list[dict[str, Any]],
        limits: EvaluationLimits = EvaluationLimits(),  # noqa: B008
        **config: Any,
    ) -> list[Outcome]:
        stored = {"type": "custom", "name": "quality", "imports": None, "variables": ["output"],
                  "code": dedent(code), **config}  # fmt: skip
        evaluator = build_evaluator(stored, column_mappings=None, sandbox=sandbox, limits=limits)
        return await evaluator.evaluate(rows)

    return run
