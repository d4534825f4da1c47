"""Reading red teams, and running their attacks on functions."""

from collections.abc import AsyncIterator, Callable, Sequence

from evalwright._analyses.status import OnProgress
from evalwright._analyses.targets import TargetFunction, progress_of
from evalwright._async.analysis_results import AsyncRedTeamRun
from evalwright._async.audits import AsyncAudits
from evalwright._async.job_handle import AsyncAnalysisKind, AwaitableJobHandle
from evalwright._calls.asyncio_calls import answer_all
from evalwright._errors.invalid import FieldError
from evalwright._fields import name_errors, refuse, shown
from evalwright_api import api, models

_Kind = AsyncAnalysisKind[models.RedTeam, AsyncRedTeamRun, models.Attack]

BATCH = 100
"""Attacks whose answers are handed in together."""


class AsyncRedTeamAttacks(AsyncAudits):
    """The part of `AsyncSecurityClient` that reads red teams."""

    @property
    def _red_team_kind(self) -> _Kind:
        calls = api.security
        return AsyncAnalysisKind(
            "redteam",
            lambda job_id, ask: calls.get_security_status(
                job_id, job_type="redteam", prefer=ask.prefer, if_none_match=ask.etag
            ),
            lambda job_id: calls.cancel_security_job(job_id, job_type="redteam"),
            calls.get_red_team,
            lambda found: AsyncRedTeamRun._of(found, self._all_attacks),
            self._follow_attacks,
        )

    async def _follow_attacks(self, job_id: str, after: int) -> AsyncIterator[models.Attack]:
        number = -1
        async for attack in self._rounds(
            self._red_team_kind, self._run_attacks, lambda attack: attack.attack_id, job_id
        ):
            number += 1
            if number > after:
                yield attack

    async def _run_attacks(self, run_id: str) -> AsyncIterator[models.Attack]:
        async for attack in self._all_attacks(run_id):
            if attack.status != "pending":
                yield attack

    def _all_attacks(self, run_id: str) -> AsyncIterator[models.Attack]:
        return self._numbered(
            lambda page: api.security.list_attacks(run_id, page=page, page_size=500),
            lambda page: page.attacks,
            lambda attack: attack.attack_id,
        )

    def red_team_job(self, job_id: str) -> AwaitableJobHandle[AsyncRedTeamRun, models.Attack]:
        """Come back to a red team by its ID, whoever started it; sends no request.

        Args:
            job_id: The red team.
        """
        return self._handle(self._red_team_kind, job_id)

    async def get_red_team(self, *, run_id: str) -> AsyncRedTeamRun:
        """Get a red team as it is now, finished or not.

        Args:
            run_id: The red team.
        """
        refuse(name_errors("run_id", run_id))
        found = await self._session.send(api.security.get_red_team(run_id))
        return AsyncRedTeamRun._of(found, self._all_attacks)

    async def list_red_teams(
        self, *, project: str | None = None, page: int = 1, page_size: int = 20
    ) -> models.RedTeamPage:
        """Get one page of red teams, newest first.

        Args:
            project: Only those of this project, by name or ID.
            page: Which page, from 1.
            page_size: The largest number of rows, 1 to 500.
        """
        project_id = await self._project_id(project)
        request = api.security.list_red_teams(project_id=project_id, page=page, page_size=page_size)
        return await self._session.send(request)

    async def iter_red_teams(
        self, *, project: str | None = None, page_size: int = 100
    ) -> AsyncIterator[models.RedTeam]:
        """Go through all red teams, newest first, reading page by page.

        Args:
            project: Only those of this project, by name or ID.
            page_size: How many to read at a time, 1 to 500.
        """
        project_id = await self._project_id(project)
        rows = self._numbered(
            lambda page: api.security.list_red_teams(
                project_id=project_id, page=page, page_size=page_size
            ),
            lambda page: page.runs,
            lambda run: run.id,
        )
        async for run in rows:
            yield run

    async def attacks(
        self, *, run_id: str, page: int = 1, page_size: int = 20
    ) -> models.AttackPage:
        """Get one page of the attacks of a red team.

        Args:
            run_id: The red team.
            page: Which page, from 1.
            page_size: The largest number of attacks, 1 to 500.
        """
        refuse(name_errors("run_id", run_id))
        request = api.security.list_attacks(run_id, page=page, page_size=page_size)
        return await self._session.send(request)

    async def iter_attacks(self, *, run_id: str) -> AsyncIterator[models.Attack]:
        """Go through all attacks of a red team.

        Args:
            run_id: The red team.
        """
        refuse(name_errors("run_id", run_id))
        async for attack in self._all_attacks(run_id):
            yield attack

    async def get_attack(self, *, attack_id: str) -> models.Attack:
        """Get an attack with what was answered, and whether it got through.

        Args:
            attack_id: The attack.
        """
        refuse(name_errors("attack_id", attack_id))
        return await self._session.send(api.security.get_attack(attack_id))

    async def compare(self, *, run_ids: Sequence[str]) -> models.RedTeamComparison:
        """Put two to five red teams side by side; the first one is the baseline.

        Args:
            run_ids: The red teams.
        """
        if isinstance(run_ids, str):
            refuse([FieldError("run_ids", "is one text", shown(run_ids), "a list of IDs")])
        return await self._session.send(api.security.compare_red_teams(run_ids=",".join(run_ids)))

    async def run_attacks(
        self,
        *,
        run_id: str,
        target_function: TargetFunction,
        concurrency: int = 4,
        on_progress: OnProgress | None = None,
    ) -> AsyncRedTeamRun:
        """Run the attacks of a red team on a function of yours that were not run yet.

        Answers are handed in while the rest goes on, so calling it again goes on where it broke. A
        call that raises, or gives no text, counts as an error and not as an answer.

        Args:
            run_id: A red team that only made its attacks, or was interrupted.
            target_function: Given a prompt, it gives what the system under attack answers.
            concurrency: How many calls run at a time.
            on_progress: Called with an `AsyncJobStatus` after each call.
        """
        refuse([*name_errors("run_id", run_id), *_function_errors(target_function, concurrency)])
        number, done = 1, 0
        while True:
            page = await self.attacks(run_id=run_id, page=number, page_size=BATCH)
            pending = [attack for attack in page.attacks if attack.status == "pending"]
            done += len(page.attacks) - len(pending)
            tick = _Count(run_id, done, page.total, on_progress)
            answers = await answer_all(target_function, pending, concurrency, tick)
            done = tick.done
            if answers:
                body = models.SubmitAttackResponsesRequest(responses=answers)
                request = api.security.submit_attack_responses(run_id, body=body)
                # What is handed in twice is judged twice, with the same outcome.
                await self._session.send_full(request, is_repeatable=True)
            if not page.has_more:
                return await self.get_red_team(run_id=run_id)
            number += 1


class _Count:
    def __init__(
        self, run_id: str, done: int, total: int, on_progress: Callable[..., object] | None
    ) -> None:
        self.run_id = run_id
        self.done = done
        self.total = total
        self.on_progress = on_progress

    def __call__(self) -> None:
        self.done += 1
        if self.on_progress is not None:
            self.on_progress(progress_of(self.run_id, self.done, self.total))


def _function_errors(function: object, concurrency: object) -> list[FieldError]:
    errors: list[FieldError] = []
    if not callable(function):
        errors.append(FieldError("target_function", "can't be called", shown(function)))
    if not isinstance(concurrency, int) or concurrency < 1:
        errors.append(FieldError("concurrency", "is no number from 1 on", shown(concurrency)))
    return errors
