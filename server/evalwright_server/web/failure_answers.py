"""Answers about failure analyses, in pieces where they are long: in each one all items are told."""

from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse

from evalwright_server.services.analysis_records import StoredAnalysis
from evalwright_server.services.failure_analyses import find_failure_analysis, find_head
from evalwright_server.services.failure_tags import TagFilter, chosen_between
from evalwright_server.services.failure_views import findings_between, inputs_between
from evalwright_server.services.requests import JsonObject
from evalwright_server.web.call import Answer, Call
from evalwright_server.web.content import dump

LONG: Final = 500
"""So many items make an answer a long one, which is sent as it is read."""
_ITEMS_AT_ONCE: Final = 200

Reader = Callable[[Connection, StoredAnalysis, int, int], list[JsonObject]]
"""Returns what there is to say about the items from one position up to another."""


async def answer_analysis(call: Call, uid: str) -> Answer | Response:
    """Answer an analysis with everything that was found."""
    stored, head = await call.read(find_head, uid)
    return await _answer(
        call, stored, head, {"failure_tags": findings_between, "inputs": inputs_between}
    )


async def answer_inputs(call: Call, uid: str) -> Answer | Response:
    """Answer what was analysed."""
    stored = await call.read(find_failure_analysis, uid)
    return await _answer(call, stored, {}, {"inputs": inputs_between})


async def answer_tags(call: Call, uid: str, wanted: TagFilter) -> Answer | Response:
    """Answer the tags that pass a filter."""
    stored = await call.read(find_failure_analysis, uid)
    return await _answer(call, stored, {}, {"tags": partial(chosen_between, wanted=wanted)})


async def _answer(
    call: Call, stored: StoredAnalysis, head: JsonObject, members: Mapping[str, Reader]
) -> Answer | Response:
    if stored.total_items > LONG:
        pieces = _pieces(call, stored, head, members)
        return StreamingResponse(pieces, media_type="application/json")
    total = stored.total_items
    lists = {name: await call.read(read, stored, 0, total) for name, read in members.items()}
    return Answer({**head, **lists})


async def _pieces(
    call: Call, stored: StoredAnalysis, head: JsonObject, members: Mapping[str, Reader]
) -> AsyncIterator[bytes]:
    """Yield an object: its head, and behind that a list for each member, piece by piece."""
    written = dump(head)[:-1]
    yield written
    comma = b"," if head else b""
    for name, read in members.items():
        yield comma + dump(name) + b":["
        comma, between = b",", b""
        for first in range(0, stored.total_items, _ITEMS_AT_ONCE):
            views = await call.read(read, stored, first, first + _ITEMS_AT_ONCE)
            if views:
                yield between + dump(views)[1:-1]
                between = b","
        yield b"]"
    yield b"}"
