"""Keeping judgements, whatever kind of row they are about."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, Table, bindparam, select

from evalwright_server.runs.payloads import TaskRunPayload
from evalwright_server.runs.rows import Judgement
from evalwright_server.runs.sources.source import Claimed, Item, Tally
from evalwright_server.store.clock import now
from evalwright_server.store.dialects import insert_into


class JudgementTable:
    """A table with one judgement per row and evaluation name; a newer one replaces it.

    Args:
        rows: The table of what is judged, with its key in `id`.
        judgements: The table to keep judgements in.
        row_column: The column of `judgements` that refers to `rows`.
    """

    def __init__(self, rows: Table, judgements: Table, row_column: str) -> None:
        self._judgements: Final = judgements
        self._row_column: Final = row_column
        self._key: Final = (row_column, "name")
        self._replaced: Final = [each.key for each in judgements.c if each.key not in self._key]
        self._still_there: Final = (
            select(rows.c.id)
            .where(rows.c.id.in_(bindparam("row_ids", expanding=True)))
            .with_for_update(read=True, key_share=True)
        )

    def store(
        self, connection: Connection, claimed: Claimed, items: Sequence[Item]
    ) -> tuple[Tally, list[int]]:
        """Keep judgements; those about rows that were deleted meanwhile count as skipped.

        Returns:
            The counts, and the rows that judgements were kept of.
        """
        judgements = [Judgement.from_item(item) for item in items]
        wanted = {"row_ids": list({judgement.row for judgement in judgements})}
        present = set(connection.execute(self._still_there, wanted).scalars())
        kept = [judgement for judgement in judgements if judgement.row in present]
        if kept:
            self._replace(connection, claimed, kept)
        failed = sum(judgement.error is not None for judgement in kept)
        tally = Tally(len(kept) - failed, failed, len(judgements) - len(kept))
        return tally, [judgement.row for judgement in kept]

    def _replace(self, connection: Connection, claimed: Claimed, kept: Sequence[Judgement]) -> None:
        payload = TaskRunPayload.read(claimed.payload)
        insert = insert_into(connection, self._judgements).values(updated_at=now())
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=self._key,
                set_={column: insert.excluded[column] for column in self._replaced},
            ),
            [self._record(claimed.run.id, payload, judgement) for judgement in kept],
        )

    def _record(
        self, run_id: int, payload: TaskRunPayload, judgement: Judgement
    ) -> Mapping[str, object]:
        evaluator = payload.evaluators[judgement.evaluator]
        return {
            self._row_column: judgement.row,
            "name": evaluator.name,
            "evaluator_version_id": evaluator.version_id,
            "run_id": run_id,
            "score": judgement.score,
            "label": judgement.label,
            "explanation": judgement.explanation,
            "error": judgement.error,
            "prompt_tokens": judgement.prompt_tokens,
            "completion_tokens": judgement.completion_tokens,
        }
