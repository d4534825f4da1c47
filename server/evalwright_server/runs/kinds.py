"""The kinds of runs there are, and who serves them in the server process.

Their other half, the handlers that do the work in worker processes, is in `handlers`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from evalwright_server.runs.sources.evaluations import EvaluationSource
from evalwright_server.runs.sources.experiment import ExperimentSource
from evalwright_server.runs.sources.source import Source


class RunKind(StrEnum):
    """What a run does."""

    TASK_RUN = "task_run"
    RUN_EXPERIMENT = "run_experiment"


SOURCES: Final[Mapping[str, Source]] = {
    RunKind.TASK_RUN: EvaluationSource(),
    RunKind.RUN_EXPERIMENT: ExperimentSource(),
}
"""Per kind of run, who finds its rows and keeps its results."""
