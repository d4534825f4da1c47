# Generated from sdk/evalwright/_async/dead_letters.py by scripts/unasync.py: do not edit.
"""Jobs that were given up."""

from collections.abc import Iterator

from evalwright._sync.resource import Resource
from evalwright_api import api, models


class DeadLettersClient(Resource):
    """Jobs that were given up because their workers kept dying."""

    def list(
        self, *, error_type: str | None = None, limit: int = 100, offset: int = 0
    ) -> models.DeadLetterPage:
        """Get one page of entries.

        Args:
            error_type: Only entries with this kind of error.
            limit: The largest number of rows, 1 to 1000.
            offset: How many to pass over.
        """
        return self._session.send(
            api.dead_letters.list_dead_letters(error_type=error_type, limit=limit, offset=offset)
        )

    def iter(
        self, *, error_type: str | None = None, page_size: int = 100
    ) -> Iterator[models.DeadLetter]:
        """Go through all entries, reading page by page.

        Args:
            error_type: Only entries with this kind of error.
            page_size: How many to read at a time, 1 to 1000.
        """
        offset = 0
        while True:
            page = self.list(error_type=error_type, limit=page_size, offset=offset)
            yield from page.items
            offset += len(page.items)
            if not page.has_more or not page.items:
                return

    def stats(self) -> models.DeadLetterStats:
        """Count the entries, by kind of error."""
        return self._session.send(api.dead_letters.get_dead_letter_stats())

    def delete(self, *, entry_id: int) -> models.RemovedDeadLetter:
        """Remove an entry once it is dealt with."""
        return self._session.send(api.dead_letters.delete_dead_letter(entry_id))
