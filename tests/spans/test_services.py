"""The services of spans on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from evalwright_server.services import spans as service
from evalwright_server.services.organizations import ensure_identity
from evalwright_server.services.pages import PageRequest
from evalwright_server.services.requests import (
    AnnotateRecordInput,
    AnnotateSpansRequest,
    AnnotationInput,
    DeleteSpansRequest,
    JsonObject,
    ListSpansRequest,
)
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.database import Database
from evalwright_server.store.ids import Kind, encode
from evalwright_server.store.tables.annotations import span_annotations
from evalwright_server.store.tables.spans import span_evaluations
from spans.rows import START, add_project, add_spans, say

NOW = START + timedelta(days=1)


class Setting:
    """A project with thirty spans, of which one was judged."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def start(self) -> None:
        self.stamp = await self.db.write(self._fill)

    def _fill(self, connection: Connection) -> Stamp:
        self.key = add_project(connection)
        self.project = encode(Kind.PROJECT, self.key, "aaaa")
        keys = add_spans(connection, self.key, [{"n": number} for number in range(30)])
        say(connection, keys[7], "tone", score=0.5, label="fine")
        return Stamp(NOW, ensure_identity(connection, NOW).user_id)

    async def found(self, page: PageRequest, text: str = "") -> JsonObject:
        body = ListSpansRequest(project_id=self.project, filter=text)
        return await self.db.read(lambda c: service.list_spans(c, body, page, stamp=self.stamp))

    async def walk(self, text: str, limit: int) -> list[int]:
        """Return the attribute `n` of all spans on all pages."""
        numbers: list[int] = []
        cursor = None
        while True:
            found = await self.found(PageRequest(limit, cursor), text)
            numbers += [span["attributes"]["n"] for span in found["spans"]]
            cursor = found["pagination"]["next_cursor"]
            if cursor is None:
                return numbers


@pytest.fixture
async def setting(db: Database) -> Setting:
    made = Setting(db)
    await made.start()
    return made


@pytest.mark.parametrize("text", ["", "n >= 0", "latency_ms >= 0", "n >= 0 AND latency_ms >= 0"])
@pytest.mark.parametrize("limit", [1, 7, 100])
async def test_pages_hold_every_span_once(setting: Setting, text: str, limit: int) -> None:
    """Newest first, with a filter that the database decides, or memory, or both."""
    assert await setting.walk(text, limit) == list(range(29, -1, -1))


async def test_what_was_said_is_listed(setting: Setting) -> None:
    found = await setting.found(PageRequest(5), "eval.tone.score > 0")
    (span,) = found["spans"]
    assert span["evaluations"] == [{"name": "tone", "score": 0.5, "label": "fine"}]


async def test_what_was_said_goes_with_the_span(setting: Setting) -> None:
    """No evaluation or annotation is left behind."""
    value = AnnotationInput(name="quality", score=1.0)
    record = AnnotateRecordInput(record_id=f"{7:016x}", values=[value])
    annotate = AnnotateSpansRequest(project_id=setting.project, annotations=[record])
    await setting.db.write(lambda c: service.annotate_spans(c, annotate, stamp=setting.stamp))
    ids = [f"{number:016x}" for number in range(5, 10)]
    body = DeleteSpansRequest(project_id=setting.project, span_ids=ids)
    deleted = await setting.db.write(lambda c: service.delete_spans(c, body))
    assert deleted["deleted_span_ids"] == ids
    assert await setting.walk("", 100) == [n for n in range(29, -1, -1) if not 5 <= n < 10]

    def left(connection: Connection) -> list[int]:
        tables = (span_evaluations, span_annotations)
        counts = (select(func.count()).select_from(table) for table in tables)
        return [connection.execute(count).scalar_one() for count in counts]

    assert await setting.db.read(left) == [0, 0]
