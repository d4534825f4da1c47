# Generated from sdk/evalwright/_async/runs.py by scripts/unasync.py: do not edit.
"""Runs of every kind."""

from collections.abc import Iterator, Sequence

from evalwright._fields import name_errors, refuse
from evalwright._given import choice
from evalwright._sync.resource import Resource
from evalwright_api import api, models


class RunsClient(Resource):
    """Everything that takes time, seen alike."""

    def list(
        self,
        *,
        ids: Sequence[str] | None = None,
        state: models.RunState | str | None = None,
        space: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> models.RunList:
        """Get one page of runs, newest first.

        Args:
            ids: Exactly these runs, at most 100, in this order; IDs that don't exist are left out.
            state: Only runs in this state.
            space: Only runs of this space, by name or ID.
            limit: The largest number of rows, 1 to 100.
            cursor: The `pagination.next_cursor` of the page before.
        """
        word = choice(models.RunState, state, "state")
        space_id = self._find.optional_space(space)
        wanted = None if ids is None else [*ids]
        return self._session.send(
            api.runs.list_runs(
                ids=wanted, state=word, space_id=space_id, limit=limit, cursor=cursor
            )
        )

    def iter(
        self,
        *,
        state: models.RunState | str | None = None,
        space: str | None = None,
        page_size: int = 100,
    ) -> Iterator[models.Run]:
        """Go through all runs, newest first, reading page by page.

        Args:
            state: Only runs in this state.
            space: Only runs of this space, by name or ID.
            page_size: How many to read at a time, 1 to 100.
        """
        word = choice(models.RunState, state, "state")
        space_id = self._find.optional_space(space)
        rows = self._iterate(
            lambda cursor: api.runs.list_runs(
                state=word, space_id=space_id, limit=page_size, cursor=cursor
            ),
            lambda page: page.runs,
        )
        yield from rows

    def get(self, *, run_id: str) -> models.Run:
        """Get a run of any kind as it is now."""
        refuse(name_errors("run_id", run_id))
        return self._session.fresh(api.runs.get_run(run_id))

    def cancel(self, *, run_id: str) -> models.Run:
        """Stop a run of any kind that has not ended.

        Raises:
            Conflict: The run has ended.
        """
        refuse(name_errors("run_id", run_id))
        return self._session.send(api.runs.cancel_run(run_id))
