"""Spans: from exporters into projects, and out of them."""

import asyncio

from starlette.responses import Response

from evalwright_server.otlp.exports import MalformedExport, read_export, write_answer
from evalwright_server.otlp.spans import Export, read_spans
from evalwright_server.services import span_ingest, spans
from evalwright_server.web.bodies import RawBody
from evalwright_server.web.call import DEFAULT_ROW_LIMIT, Answer, Call
from evalwright_server.web.problems import Problem


async def list_spans(call: Call) -> Answer:
    """Answer a page of a project's spans."""
    page = call.page(DEFAULT_ROW_LIMIT)
    return Answer(await call.read(spans.list_spans, call.body, page, stamp=call.stamp()))


async def delete_spans(call: Call) -> Answer:
    """Delete spans."""
    return Answer(await call.write(spans.delete_spans, call.body))


async def annotate_spans(call: Call) -> Answer:
    """Annotate spans."""
    await call.write(spans.annotate_spans, call.body, stamp=call.stamp())
    return Answer()


async def export_traces(call: Call) -> Response:
    """Take spans from an exporter, and answer in the media type it speaks."""
    body: RawBody = call.body
    # In a thread: a large export would keep everybody else waiting.
    export = await asyncio.to_thread(_read, body)
    await call.write(
        span_ingest.store_spans,
        export,
        project=call.values.get("X-Evalwright-Project"),
        space=call.values.get("X-Evalwright-Space"),
        stamp=call.stamp(),
        identity=call.context.identity,
        engine=call.context.engine,
    )
    answer = write_answer(body.media_type, export.rejected, export.message)
    return Response(answer, media_type=body.media_type)


def _read(body: RawBody) -> Export:
    try:
        return read_spans(read_export(body.content, body.media_type))
    except MalformedExport as error:
        raise Problem(400, str(error)) from error
