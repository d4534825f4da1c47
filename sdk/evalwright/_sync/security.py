# Generated from sdk/evalwright/_async/security.py by scripts/unasync.py: do not edit.
"""Security audits and red teams."""

from collections.abc import Sequence
from typing import TypeVar

from evalwright._errors.names import NameNotFound
from evalwright._fields import build, name_errors, ranked, refuse
from evalwright._given import something
from evalwright._sync.analysis_results import AuditRun, RedTeamRun
from evalwright._sync.job_handle import AsyncJobHandle
from evalwright._sync.red_teams import RedTeams
from evalwright._unset import UNSET, Unset
from evalwright_api import api, models

_S = TypeVar("_S", models.ProjectVulnerability, models.ProjectAttackVector)


class SecurityClient(RedTeams):
    """Harmful content in datasets, and systems under attack."""

    def job(
        self, job_id: str
    ) -> AsyncJobHandle[AuditRun, models.AuditItem] | AsyncJobHandle[RedTeamRun, models.Attack]:
        """Come back to an audit or a red team by its ID; asks the server which one it is.

        Args:
            job_id: The audit or the red team.
        """
        refuse(name_errors("job_id", job_id))
        status = self._session.fresh(api.security.get_security_status(job_id))
        is_audit = str(status.job_type) == "security"
        return self.audit_job(job_id) if is_audit else self.red_team_job(job_id)

    def cancel(self, *, job_id: str) -> models.CancelledAnalysis:
        """Ask an audit or a red team to stop; what is found stays.

        Args:
            job_id: The audit or the red team.
        """
        refuse(name_errors("job_id", job_id))
        request = api.security.cancel_security_job(job_id)
        return self._session.send_full(request, is_repeatable=True).value

    def vulnerabilities(self) -> Sequence[models.Vulnerability]:
        """List the categories of harm."""
        return self._session.send(api.security.list_vulnerabilities()).vulnerabilities

    def attack_vectors(self) -> Sequence[models.AttackVector]:
        """List the ways to attack."""
        return self._session.send(api.security.list_attack_vectors()).strategies

    def project_vulnerabilities(self, *, project: str) -> Sequence[models.ProjectVulnerability]:
        """List the categories of harm as a project has set them.

        Args:
            project: The project, by name or ID.
        """
        project_id = self._find.project(project, None)
        request = api.security.list_project_vulnerabilities(project_id)
        return self._session.send(request).vulnerabilities

    def update_project_vulnerability(
        self,
        *,
        project: str,
        vulnerability: str,
        enabled: bool | Unset = UNSET,
        threshold: float | Unset = UNSET,
        severity: models.Severity | str | Unset = UNSET,
    ) -> models.ProjectVulnerability:
        """Change how a project treats a category of harm.

        Args:
            project: The project, by name or ID.
            vulnerability: The category, by code such as `S10`, or its ID in the project.
            enabled: Whether audits look for it.
            threshold: The confidence from which a finding counts, 0 to 1.
            severity: `low`, `medium`, `high` or `critical`.

        Raises:
            InvalidRequest: There is nothing to change, or it can't work.
            NameNotFound: There is no such category.
        """
        changes = something(enabled=enabled, threshold=threshold, severity=severity)
        body = build(models.UpdateProjectVulnerabilityRequest, changes)
        found = _pick(self.project_vulnerabilities(project=project), vulnerability)
        request = api.security.update_project_vulnerability(found.project_id, found.id, body=body)
        return self._session.send(request)

    def project_attack_vectors(self, *, project: str) -> Sequence[models.ProjectAttackVector]:
        """List the attack vectors as a project has set them.

        Args:
            project: The project, by name or ID.
        """
        project_id = self._find.project(project, None)
        request = api.security.list_project_attack_vectors(project_id)
        return self._session.send(request).attack_vectors

    def update_project_attack_vector(
        self,
        *,
        project: str,
        attack_vector: str,
        enabled: bool | Unset = UNSET,
        weight: float | Unset = UNSET,
    ) -> models.ProjectAttackVector:
        """Change how a project treats an attack vector.

        Args:
            project: The project, by name or ID.
            attack_vector: The attack vector, by key or its ID in the project.
            enabled: Whether red teams may use it.
            weight: How many attacks it gets, as a multiple of the usual number.

        Raises:
            InvalidRequest: There is nothing to change, or it can't work.
            NameNotFound: There is no such attack vector.
        """
        changes = something(enabled=enabled, weight=weight)
        body = build(models.UpdateProjectAttackVectorRequest, changes)
        found = _pick(self.project_attack_vectors(project=project), attack_vector)
        request = api.security.update_project_attack_vector(found.project_id, found.id, body=body)
        return self._session.send(request)


def _pick(rows: Sequence[_S], name: str) -> _S:
    for row in rows:
        if name in {row.key, row.id}:
            return row
    keys = [row.key for row in rows]
    near = ranked(name, keys, limit=3)
    raise NameNotFound(
        kind="setting", name=name, scope="the project", nearest=near, searched=len(keys)
    )
