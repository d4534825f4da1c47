"""The handlers of a worker process, and what they need to live."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from evalwright_server.environments import (
    BuiltEnvironment,
    EnvironmentBuildFailed,
    Environments,
)
from evalwright_server.environments.settings import ROOT_VARIABLE
from evalwright_server.evaluators.build import Evaluator, build_evaluator
from evalwright_server.evaluators.template import build_template_evaluator
from evalwright_server.models import Integration, Models
from evalwright_server.models.models import cache_path
from evalwright_server.runs.analysis_payload import AnalysisKind
from evalwright_server.runs.context import Handler
from evalwright_server.runs.experiment_payload import ExperimentPayload
from evalwright_server.runs.handlers.audit import AuditHandler
from evalwright_server.runs.handlers.evaluation import EvaluationHandler
from evalwright_server.runs.handlers.evaluation_analysis import EvaluationAnalysisHandler
from evalwright_server.runs.handlers.experiment import ExperimentHandler
from evalwright_server.runs.handlers.failure_analysis import FailureAnalysisHandler
from evalwright_server.runs.handlers.job import JobHandler
from evalwright_server.runs.handlers.red_team import RedTeamHandler
from evalwright_server.runs.handlers.workbench import Workbench
from evalwright_server.runs.kinds import RunKind
from evalwright_server.runs.payloads import EvaluatorUse
from evalwright_server.runs.producers.build import build_producer
from evalwright_server.runs.producers.producer import Producer
from evalwright_server.sandbox.sandbox import Sandbox

WARM_SANDBOXES: Final = 2
"""How many sandboxes of a kind stand ready in a worker process."""


@asynccontextmanager
async def make_handlers() -> AsyncIterator[Mapping[str, Handler]]:
    """Provide the handlers per kind of run, while the worker lasts."""
    async with (
        _environments() as environments,
        Sandbox(warm=WARM_SANDBOXES, packages=environments.packages) as sandbox,
        Models.open(cache_path()) as models,
        _workbench() as bench,
    ):

        def build(use: EvaluatorUse) -> Evaluator:
            if "template" not in use.config:
                return build_evaluator(
                    use.config, column_mappings=use.column_mappings, sandbox=sandbox
                )
            return build_template_evaluator(
                use.config,
                models.client(Integration.from_grant(use.grant)),
                column_mappings=use.column_mappings,
                scope=f"evaluator version {use.version_id}",
                is_fresh=use.is_fresh,
            )

        def produce(payload: ExperimentPayload, grant: Mapping[str, JsonValue] | None) -> Producer:
            client = models.client(Integration.from_grant(grant))
            return build_producer(payload.configuration, payload.model, client)

        yield {
            RunKind.TASK_RUN: EvaluationHandler(build),
            RunKind.RUN_EXPERIMENT: ExperimentHandler(produce),
            RunKind.JOB: JobHandler(sandbox, environments),
            **_analyses(models, bench),
        }


def _analyses(models: Models, bench: Workbench) -> dict[str, Handler]:
    return {
        AnalysisKind.EVALUATION: EvaluationAnalysisHandler(models, bench),
        AnalysisKind.FAILURE_ANALYSIS: FailureAnalysisHandler(models, bench),
        AnalysisKind.SECURITY: AuditHandler(models, bench),
        AnalysisKind.RED_TEAM: RedTeamHandler(models, bench),
    }


@asynccontextmanager
async def _workbench() -> AsyncIterator[Workbench]:
    bench = Workbench()
    try:
        yield bench
    finally:
        bench.close()


class _NoInstaller:
    """Stands in where the server said nothing about packages."""

    packages: Path | None = None

    async def ensure(self, requirements: Sequence[str]) -> BuiltEnvironment:
        raise EnvironmentBuildFailed(
            f"{len(requirements)} packages are required, and this worker has no place for them.",
            f"Set {ROOT_VARIABLE} to a folder.",
        )


@asynccontextmanager
async def _environments() -> AsyncIterator[Environments | _NoInstaller]:
    if not os.environ.get(ROOT_VARIABLE):
        yield _NoInstaller()
        return
    environments = Environments.from_environment()
    try:
        yield environments
    finally:
        await environments.close()
