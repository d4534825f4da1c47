"""The kinds of runs there are, and who serves them in the server process.

Their other half, the handlers that do the work in worker processes, is in `handlers`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from evalwright_server.runs import job_payload
from evalwright_server.runs.records import DEFAULT_QUEUE
from evalwright_server.runs.sources.evaluations import EvaluationSource
from evalwright_server.runs.sources.experiment import ExperimentSource
from evalwright_server.runs.sources.job import JobSource
from evalwright_server.runs.sources.source import Conclusion, Source


class RunKind(StrEnum):
    """What a run does."""

    TASK_RUN = "task_run"
    RUN_EXPERIMENT = "run_experiment"
    JOB = "job"


_JOBS: Final = JobSource()

SOURCES: Final[Mapping[str, Source]] = {
    RunKind.TASK_RUN: EvaluationSource(),
    RunKind.RUN_EXPERIMENT: ExperimentSource(),
    RunKind.JOB: _JOBS,
}
"""Per kind of run, who finds its rows and keeps its results."""

QUEUES: Final = (DEFAULT_QUEUE, job_payload.QUEUE)
"""The queues there are. A worker has slots for each, so neither can keep the other waiting."""

CONCLUSIONS: Final[Mapping[str, Conclusion]] = {RunKind.JOB: _JOBS}
"""Per kind of run that leaves more than its row, who keeps that when a run ends."""
