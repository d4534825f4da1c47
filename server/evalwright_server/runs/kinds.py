"""The kinds of runs there are, and who serves them in the server process.

Their other half, the handlers that do the work in worker processes, is in `handlers`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from evalwright_server.runs import analysis_payload, job_payload
from evalwright_server.runs.analysis_payload import AnalysisKind
from evalwright_server.runs.records import DEFAULT_QUEUE
from evalwright_server.runs.sources.analysis import AnalysisSource
from evalwright_server.runs.sources.evaluations import EvaluationSource
from evalwright_server.runs.sources.experiment import ExperimentSource
from evalwright_server.runs.sources.job import JobSource
from evalwright_server.runs.sources.source import Conclusion, Source


class RunKind(StrEnum):
    """What a run does; analyses have the kinds of `AnalysisKind`."""

    TASK_RUN = "task_run"
    RUN_EXPERIMENT = "run_experiment"
    JOB = "job"


_JOBS: Final = JobSource()
_ANALYSES: Final = dict.fromkeys(map(str, AnalysisKind), AnalysisSource())

SOURCES: Final[Mapping[str, Source]] = {
    RunKind.TASK_RUN: EvaluationSource(),
    RunKind.RUN_EXPERIMENT: ExperimentSource(),
    RunKind.JOB: _JOBS,
    **_ANALYSES,
}
"""Per kind of run, who finds its rows and keeps its results."""

QUEUES: Final = (
    DEFAULT_QUEUE,
    job_payload.QUEUE,
    analysis_payload.QUEUE,
    analysis_payload.LARGE_QUEUE,
)
"""The queues there are. A worker has slots for each, so none can keep another waiting."""

CONCLUSIONS: Final[Mapping[str, Conclusion]] = {RunKind.JOB: _JOBS, **_ANALYSES}
"""Per kind of run that leaves more than its row, who keeps that when a run ends."""
