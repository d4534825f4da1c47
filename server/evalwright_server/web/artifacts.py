"""Answers with the content of a file, or a part of it (RFC 9110, 13 and 14)."""

import re
from collections.abc import AsyncIterator
from email.utils import format_datetime
from functools import partial
from typing import Final
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from evalwright_server.services.job_artifacts import Artifact
from evalwright_server.services.revisions import matches
from evalwright_server.store.blobs import read_chunk
from evalwright_server.store.database import Database
from evalwright_server.store.tables.blobs import CHUNK_BYTES
from evalwright_server.web.call import Call
from evalwright_server.web.problems import Problem

UNKNOWN_TYPE: Final = "application/octet-stream"

_RANGE: Final = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.ASCII)


def answer_head(call: Call, artifact: Artifact) -> Response:
    """Return what is to be said of a file without its content."""
    return _unchanged(call, artifact) or Response(headers=_headers(artifact, artifact.size))


def answer_content(call: Call, artifact: Artifact) -> Response:
    """Return the content of a file, or the part that was asked for.

    Raises:
        Problem: 416, if the file has no such part.
    """
    unchanged = _unchanged(call, artifact)
    if unchanged is not None:
        return unchanged
    part = _part(call, artifact)
    if part is None:
        return _stream(call.context.db, artifact, range(artifact.size), 200, {})
    shown = f"bytes {part.start}-{part.stop - 1}/{artifact.size}"
    return _stream(call.context.db, artifact, part, 206, {"Content-Range": shown})


def _tag(artifact: Artifact) -> str:
    return f'"{artifact.sha256}"'


def _unchanged(call: Call, artifact: Artifact) -> Response | None:
    condition = call.values.get("If-None-Match")
    if condition is None or not matches(_tag(artifact), condition):
        return None
    return Response(status_code=304, headers={"ETag": _tag(artifact)})


def _headers(artifact: Artifact, length: int) -> dict[str, str]:
    return {
        "Content-Type": artifact.content_type or UNKNOWN_TYPE,
        "Content-Length": str(length),
        "Content-Disposition": content_disposition(artifact.name),
        "ETag": _tag(artifact),
        "Last-Modified": _last_modified(artifact),
        "Accept-Ranges": "bytes",
    }


def content_disposition(name: str) -> str:
    """Return the header that has a file saved under its name (RFC 6266)."""
    quoted = quote(name)
    if quoted == name:
        return f'attachment; filename="{name}"'
    return f"attachment; filename*=utf-8''{quoted}"


def _last_modified(artifact: Artifact) -> str:
    return format_datetime(artifact.made_at.replace(microsecond=0), usegmt=True)


def _part(call: Call, artifact: Artifact) -> range | None:
    """Return which bytes are asked for, or None for all of them.

    What is no single range of bytes is ignored, as the RFC lets servers do.
    """
    found = _RANGE.fullmatch(call.values.get("Range", ""))
    if found is None or found[1] == found[2] == "" or not _is_current(call, artifact):
        return None
    if found[1] and found[2] and int(found[1]) > int(found[2]):
        return None
    part = _resolve(found[1], found[2], artifact.size)
    if not part:
        raise Problem(
            416,
            f"Range not satisfiable: the file has {artifact.size} bytes",
            headers={"Content-Range": f"bytes */{artifact.size}"},
        )
    return part


def _is_current(call: Call, artifact: Artifact) -> bool:
    """Tell whether a part still belongs to what the client has of the file."""
    condition = call.values.get("If-Range")
    return condition is None or condition in {_tag(artifact), _last_modified(artifact)}


def _resolve(first: str, last: str, size: int) -> range:
    if not first:
        return range(max(0, size - int(last)), size)
    end = min(int(last) + 1, size) if last else size
    return range(int(first), end)


def _stream(
    db: Database, artifact: Artifact, part: range, status: int, further: dict[str, str]
) -> Response:
    headers = {**_headers(artifact, len(part)), **further}
    return StreamingResponse(_chunks(db, artifact.sha256, part), status, headers=headers)


async def _chunks(db: Database, digest: str, part: range) -> AsyncIterator[bytes]:
    """Yield some bytes of a content, no more than one chunk in memory."""
    position = part.start
    while position < part.stop:
        number, offset = divmod(position, CHUNK_BYTES)
        chunk = await db.read(partial(read_chunk, digest=digest, position=number))
        piece = chunk[offset : offset + part.stop - position]
        if not piece:
            raise LookupError(f"the content {digest} ends too early")
        yield piece
        position += len(piece)
