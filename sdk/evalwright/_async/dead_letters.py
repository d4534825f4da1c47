"""Jobs that were given up."""

from collections.abc import AsyncIterator

from evalwright._async.resource import AsyncResource
from evalwright_api import api, models


class AsyncDeadLettersClient(AsyncResource):
    """Jobs that were given up because their workers kept dying."""

    async def list(
        self, *, error_type: str | None = None, limit: int = 100, offset: int = 0
    ) -> models.DeadLetterPage:
        """Get one page of entries.

        Args:
            error_type: Only entries with this kind of error.
            limit: The largest number of rows, 1 to 1000.
            offset: How many to pass over.
        """
        return await self._session.send(
            api.dead_letters.list_dead_letters(error_type=error_type, limit=limit, offset=offset)
        )

    async def iter(
        self, *, error_type: str | None = None, page_size: int = 100
    ) -> AsyncIterator[models.DeadLetter]:
        """Go through all entries, reading page by page.

        Args:
            error_type: Only entries with this kind of error.
            page_size: How many to read at a time, 1 to 1000.
        """
        offset = 0
        while True:
            page = await self.list(error_type=error_type, limit=page_size, offset=offset)
            for entry in page.items:
                yield entry
            offset += len(page.items)
            if not page.has_more or not page.items:
                return

    async def stats(self) -> models.DeadLetterStats:
        """Count the entries, by kind of error."""
        return await self._session.send(api.dead_letters.get_dead_letter_stats())

    async def delete(self, *, entry_id: int) -> models.RemovedDeadLetter:
        """Remove an entry once it is dealt with."""
        return await self._session.send(api.dead_letters.delete_dead_letter(entry_id))
