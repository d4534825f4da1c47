"""The handlers of a worker process, and what they need to live."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from evalwright_server.evaluators.build import Evaluator, build_evaluator
from evalwright_server.runs.context import Handler
from evalwright_server.runs.handlers.evaluation import EvaluationHandler
from evalwright_server.runs.kinds import RunKind
from evalwright_server.runs.payloads import EvaluatorUse
from evalwright_server.sandbox.sandbox import Sandbox


@asynccontextmanager
async def make_handlers() -> AsyncIterator[Mapping[str, Handler]]:
    """Provide the handlers per kind of run, while the worker lasts."""
    async with Sandbox() as sandbox:

        def build(use: EvaluatorUse) -> Evaluator:
            return build_evaluator(use.config, column_mappings=use.column_mappings, sandbox=sandbox)

        yield {RunKind.TASK_RUN: EvaluationHandler(build)}
