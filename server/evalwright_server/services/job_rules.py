"""What an operator lets jobs do, and whether a job keeps to it; no database is needed for that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, cast

from evalwright_server.environments.requirements import (
    RequirementsRefused,
    canonical_requirements,
)
from evalwright_server.job_types import JobType, JobTypes, UnknownJobType
from evalwright_server.runs.job_payload import MIB, JobLimits
from evalwright_server.services.errors import (
    FieldError,
    Findings,
    ServiceError,
    UnprocessableRequest,
    closest,
)
from evalwright_server.services.requests import JobLimitsInput

DEFAULT_QUEUE_LIMIT: Final = 100

_MEMBERS: Final[Mapping[str, tuple[str, int]]] = {
    "memory_mb": ("memory_bytes", MIB),
    "file_mb": ("file_bytes", MIB),
    "output_mb": ("output_bytes", MIB),
    "artifact_mb": ("artifact_bytes", MIB),
    "artifacts_mb": ("artifacts_bytes", MIB),
}
"""Members of requests that are measured in other units than what they set."""


@dataclass(frozen=True, slots=True)
class JobRules:
    """What an operator lets jobs do.

    Attributes:
        job_types: The kinds of jobs there are.
        queue_limit: How many jobs may wait.
        allow_requirements: Whether jobs may bring requirements at all.
        allow_private_webhooks: Whether webhooks may go to addresses that are not public.
    """

    job_types: JobTypes = field(default_factory=JobTypes)
    queue_limit: int = DEFAULT_QUEUE_LIMIT
    allow_requirements: bool = True
    allow_private_webhooks: bool = False


@dataclass(slots=True)
class Objections:
    """All that speaks against a job: what can't be understood, and what is not allowed."""

    findings: Findings = field(default_factory=Findings)
    _refused: list[FieldError] = field(default_factory=list)

    def refuse(self, error: FieldError) -> None:
        """Note something that is understood but not allowed."""
        self._refused.append(error)

    def raise_if_any(self) -> None:
        """Refuse the job if anything was noted.

        Raises:
            ServiceError: With all of it.
        """
        if self._refused or self.findings:
            raise self.error()

    def error(self) -> ServiceError:
        """Return all that was noted as one error."""
        if self.findings:
            return self.findings.error(self._refused)
        text = "; ".join(error.message for error in self._refused)
        return UnprocessableRequest(text, self._refused)


def choose_type(rules: JobRules, reference: str, objections: Objections) -> JobType | None:
    """Return the job type that a job names, or None with the reason noted."""
    try:
        return rules.job_types.find(reference)
    except UnknownJobType as error:
        nearest = closest(error.name, error.known)
        objections.refuse(FieldError("/job_type", str(error), error.known, nearest))
        return None


def check_timeout(timeout: int, job_type: JobType, objections: Objections) -> None:
    """Note a time limit that is more than a type allows."""
    if timeout > job_type.max_timeout:
        message = (
            "timeout must be less than or equal to the configured max_timeout "
            f"({job_type.max_timeout} seconds)"
        )
        objections.refuse(FieldError("/timeout", message))


def merge_requirements(
    rules: JobRules, job_type: JobType, own: Sequence[str], objections: Objections
) -> tuple[str, ...]:
    """Return the requirements of a type and those of a job, with what is wrong noted."""
    if not own:
        return tuple(job_type.requirements)
    if not (rules.allow_requirements and job_type.allow_requirements):
        where = f"jobs of the type {job_type.name}" if rules.allow_requirements else "jobs"
        message = f"{where} may not bring requirements on this server; leave them out"
        objections.refuse(FieldError("/requirements", message))
        return ()
    try:
        own = canonical_requirements(own)
    except RequirementsRefused as error:
        for problem in error.problems:
            place = "" if problem.index is None else f"/{problem.index}"
            objections.findings.add(f"/requirements{place}", problem.message)
        return ()
    return tuple(sorted({*job_type.requirements, *own}))


def limits_of(job_type: JobType) -> JobLimits:
    """Return how much jobs of a type may take."""
    return JobLimits(**{each.name: getattr(job_type, each.name) for each in fields(JobLimits)})


def narrow_limits(job_type: JobType, asked: JobLimitsInput, objections: Objections) -> JobLimits:
    """Return a type's limits with those that a job sets, which may only be lower."""
    limits = limits_of(job_type)
    changes: dict[str, Any] = {}
    for member, value in cast("Mapping[str, float]", asked).items():
        name, unit = _MEMBERS.get(member, (member, 1))
        most = getattr(limits, name)
        if most is not None and value * unit > most:
            message = f"may be at most {most / unit:g} in jobs of the type {job_type.name}"
            objections.findings.add(f"/limits/{member}", message)
        changes[name] = value * unit
    return replace(limits, **changes)


def cap_limits(limits: JobLimits, job_type: JobType) -> JobLimits:
    """Return limits that were once allowed, as far as a type still allows them."""
    allowed = limits_of(job_type)
    least: dict[str, Any] = {
        each.name: _least(getattr(limits, each.name), getattr(allowed, each.name))
        for each in fields(JobLimits)
    }
    return JobLimits(**least)


def _least(*values: float | None) -> float | None:
    return min((value for value in values if value is not None), default=None)
