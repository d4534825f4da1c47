"""What goes wrong with analyses of datasets."""

from typing import TYPE_CHECKING

from evalwright._errors.base import EvalwrightError
from evalwright._errors.timeouts import TimeoutError  # noqa: A004 - ours is one of Python's, too

if TYPE_CHECKING:
    from evalwright._analyses.status import AsyncJobStatus
    from evalwright_api.models import Audit, EvaluationResult, FailureAnalysis, RedTeam

NOUNS = {
    "evaluation": "evaluation",
    "failure_analysis": "failure analysis",
    "security": "audit",
    "redteam": "red team",
}
"""What each kind of analysis is called in texts."""


class AnalysisFailed(EvalwrightError, RuntimeError):
    """An analysis ended before all of it was done; what was done is there."""

    job_id: str
    """The analysis, whose partial result can be read under this ID."""

    job_type: str
    """What kind it is: `evaluation`, `failure_analysis`, `security` or `redteam`."""

    status: "AsyncJobStatus"
    """How far it came, and why it ended."""

    error: str | None
    """Why it ended, as the server says."""

    partial: "EvaluationResult | FailureAnalysis | Audit | RedTeam | None"
    """What was done until then; None when it could not be read."""

    def __init__(
        self,
        *,
        status: "AsyncJobStatus",
        partial: "EvaluationResult | FailureAnalysis | Audit | RedTeam | None" = None,
    ) -> None:
        noun = NOUNS.get(status.job_type, "analysis")
        ended = "failed" if status.status == "failed" else f"was {status.status}"
        why = f": {status.error.rstrip('.')}" if status.error else ""
        super().__init__(
            f"{noun} {status.job_id} {ended}{why}; {status.current_item} of {status.total_items} "
            "items were done, see `partial`"
        )
        self.job_id = status.job_id
        self.job_type = status.job_type
        self.status = status
        self.error = status.error
        self.partial = partial


class AnalysisCancelled(AnalysisFailed):
    """An analysis was cancelled; what was done is there."""


class AnalysisTimeout(TimeoutError):
    """An analysis did not end in time; it goes on, only the waiting ended."""

    job_id: str
    """The analysis, to come back to it."""

    job_type: str
    """What kind it is: `evaluation`, `failure_analysis`, `security` or `redteam`."""

    status: "AsyncJobStatus | None"
    """How far it was when last seen; None when the server could not be asked even once."""

    def __init__(
        self, *, job_id: str, job_type: str, status: "AsyncJobStatus | None", timeout: float
    ) -> None:
        seen = "it was never seen"
        if status is not None:
            seen = f"{status.current_item} of {status.total_items} items are done"
        super().__init__(
            f"{NOUNS.get(job_type, 'analysis')} {job_id} did not end within {timeout:g} s: {seen}. "
            "It goes on; come back to it with job(job_id), or stop it with cancel(job_id=...)"
        )
        self.job_id = job_id
        self.job_type = job_type
        self.status = status
        self.timeout = timeout
