"""Jobs that were given up."""

from typing import Final

from evalwright_server.services import dead_letters
from evalwright_server.web.call import Answer, Call

DEFAULT_LIMIT: Final = 100
"""Entries of a page, unless the request says otherwise."""


async def list_dead_letters(call: Call) -> Answer:
    """Answer a page of entries."""
    values = call.values
    page = await call.read(
        dead_letters.list_dead_letters,
        error_type=values.get("error_type"),
        limit=values.get("limit", DEFAULT_LIMIT),
        offset=values.get("offset", 0),
    )
    return Answer(page)


async def get_dead_letter_stats(call: Call) -> Answer:
    """Answer how many entries there are."""
    return Answer(await call.read(dead_letters.count_dead_letters))


async def delete_dead_letter(call: Call) -> Answer:
    """Remove an entry."""
    return Answer(await call.write(dead_letters.delete_dead_letter, call.values["entry_id"]))
