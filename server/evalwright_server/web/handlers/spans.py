"""Spans: from exporters into projects, and out of them."""

import asyncio

from starlette.responses import Response

from evalwright_server.otlp.exports import MalformedExport, read_export, write_answer
from evalwright_server.otlp.spans import Export, read_spans
from evalwright_server.services import span_ingest
from evalwright_server.web.bodies import RawBody
from evalwright_server.web.call import Call
from evalwright_server.web.problems import Problem


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
