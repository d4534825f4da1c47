# Generated from sdk/evalwright/_async/red_teams.py by scripts/unasync.py: do not edit.
"""Red teams."""

from collections.abc import Sequence
from typing import Unpack

from evalwright._analyses.requests import JudgeChoice, Target, red_team_body
from evalwright._analyses.status import OnProgress
from evalwright._analyses.targets import TargetFunction
from evalwright._errors.invalid import FieldError
from evalwright._fields import refuse
from evalwright._given import given
from evalwright._keys import new_key
from evalwright._sync.analyses import Starting
from evalwright._sync.analysis_results import RedTeamRun
from evalwright._sync.job_handle import AsyncJobHandle
from evalwright._sync.red_team_attacks import RedTeamAttacks
from evalwright_api import api, models


class RedTeams(RedTeamAttacks):
    """The part of `SecurityClient` that attacks systems."""

    def red_team(
        self,
        *,
        attack_vectors: Sequence[str],
        project_name: str | None = None,
        run_name: str | None = None,
        attacks_per_vector: int = 5,
        target_vulnerabilities: Sequence[str] | None = None,
        target_function: TargetFunction | None = None,
        concurrency: int = 4,
        judge: JudgeChoice | None = None,
        openai_api_key: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
        **target: Unpack[Target],
    ) -> RedTeamRun:
        """Attack a system and see what gets through.

        Each attack carries a canary or a planted secret, so that success is told without a judge.

        Args:
            attack_vectors: The keys of the ways to attack, as `attack_vectors` lists them.
            project_name: The project, created when there is none of this name.
            run_name: A name for the red team.
            attacks_per_vector: How many attacks of each.
            target_vulnerabilities: The categories of harm to aim at; all when None.
            target_function: A function of yours: given a prompt, it gives the system's answer. A
                call that raises counts as an error and not as an answer.
            concurrency: How many attacks run at a time.
            judge: The model that judges, too.
            openai_api_key: The key of the model's provider, forgotten with the red team.
            idempotency_key: A second call with it gets the first one's red team; a fresh one when
                None, so that retries don't start it twice.
            timeout: Seconds to wait at most; without end when None.
            on_progress: Called with an `JobStatus` whenever it has changed.
            target: A system that the server reaches: `target_url` or `target_model`,
                `target_prompt`, `target_headers`, `target_request_template` and
                `target_response_key`.

        Raises:
            InvalidRequest: Naming every argument that can't work.
            QuotaExceededError: The key has used its quota.
            AnalysisFailed: It ended before all of it was done.
            AnalysisTimeout: Time is up; the red team goes on.
        """
        is_local = target_function is not None
        if is_local and {"target_url", "target_model"} & given(**target).keys():
            refuse([FieldError("target_function", "stands against target_url and target_model")])
        starting = _starting(
            idempotency_key,
            attack_vectors=attack_vectors,
            project_name=project_name,
            run_name=run_name,
            attacks_per_vector=attacks_per_vector,
            target_vulnerabilities=target_vulnerabilities,
            **target,
            target_concurrency=None if is_local else concurrency,
            judge=judge,
            openai_api_key=openai_api_key,
            generate_only=is_local or None,
        )
        if target_function is None:
            return self._finish(self._red_team_kind, starting, timeout, on_progress)
        made = self._finish(self._red_team_kind, starting, timeout, None)
        return self.run_attacks(
            run_id=made.id,
            target_function=target_function,
            concurrency=concurrency,
            on_progress=on_progress,
        )

    def red_team_async(
        self,
        *,
        attack_vectors: Sequence[str],
        project_name: str | None = None,
        run_name: str | None = None,
        attacks_per_vector: int = 5,
        target_vulnerabilities: Sequence[str] | None = None,
        concurrency: int = 4,
        judge: JudgeChoice | None = None,
        openai_api_key: str | None = None,
        idempotency_key: str | None = None,
        generate_only: bool = False,
        **target: Unpack[Target],
    ) -> AsyncJobHandle[RedTeamRun, models.Attack]:
        """Start a red team and give a handle at once; arguments are those of `red_team`.

        Args:
            attack_vectors: The keys of the ways to attack.
            project_name: The project, created when there is none of this name.
            run_name: A name for the red team.
            attacks_per_vector: How many attacks of each.
            target_vulnerabilities: The categories of harm to aim at.
            concurrency: How many attacks run at a time.
            judge: The model that judges, too.
            openai_api_key: The key of the model's provider, forgotten with the red team.
            idempotency_key: A second call with it gets the first one's red team.
            generate_only: Whether only to make the attacks, for `run_attacks`.
            target: The system, as for `red_team`.

        Raises:
            InvalidRequest: Naming every argument that can't work.
            QuotaExceededError: The key has used its quota.
        """
        starting = _starting(
            idempotency_key,
            attack_vectors=attack_vectors,
            project_name=project_name,
            run_name=run_name,
            attacks_per_vector=attacks_per_vector,
            target_vulnerabilities=target_vulnerabilities,
            **target,
            target_concurrency=concurrency,
            judge=judge,
            openai_api_key=openai_api_key,
            generate_only=generate_only or None,
        )
        return self._start(self._red_team_kind, starting)


def _starting(idempotency_key: str | None, **members: object) -> Starting:
    body = red_team_body(**members)
    key = idempotency_key or new_key()
    return lambda _: api.security.start_red_team(body=body, idempotency_key=key)
