"""Files that a job left, on their way to the server.

Small ones go with the report. Larger ones go before it, in chunks, so that no message is ever
larger than a chunk and the server never holds a file.
"""

import asyncio
import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from evalwright_server.runs.context import Context
from evalwright_server.runs.job_payload import JobLimits
from evalwright_server.runs.job_report import ArtifactFile
from evalwright_server.runs.result_json import (
    MOST_BYTES,
    NAME,
    NO_OUTPUT,
    Output,
    read_result,
    refuse,
    too_large,
)
from evalwright_server.runs.sources.job import CHUNK
from evalwright_server.sandbox import ArtifactLimits, CollectedFile, Collection, OutputDirectory
from evalwright_server.store.tables.blobs import CHUNK_BYTES

INLINE_BYTES: Final = 64 * 1024
"""How large a file may be that goes with the report, and all of them together."""


@dataclass(frozen=True, slots=True)
class Files:
    """What a job left.

    Attributes:
        kept: The files, whose contents are at the server or in here.
        left_out: `name` and `reason` of those that were not kept.
        output: What its `result.json` says.
    """

    kept: tuple[ArtifactFile, ...] = ()
    left_out: Sequence[Mapping[str, JsonValue]] = ()
    output: Output = NO_OUTPUT


async def send_files(context: Context, folder: OutputDirectory, limits: JobLimits) -> Files:
    """Read what a job left, and send what doesn't fit into its report."""
    bounds = ArtifactLimits(limits.artifacts, limits.artifact_bytes, limits.artifacts_bytes)
    found = await asyncio.to_thread(folder.collect, bounds)
    room = INLINE_BYTES
    kept: list[ArtifactFile] = []
    for file in found.files:
        data = None
        if file.size <= room:
            room -= file.size
            data = base64.b64encode(b"".join(folder.read(file.name))).decode()
        else:
            await _send(context, folder, file)
        kept.append(ArtifactFile(file.name, file.size, file.sha256, file.content_type, data))
    left_out: list[Mapping[str, JsonValue]] = [
        {"name": each.name, "reason": each.reason} for each in found.left_out
    ]
    return Files(tuple(kept), left_out, await _read_output(folder, found))


async def _send(context: Context, folder: OutputDirectory, file: CollectedFile) -> None:
    for position, chunk in enumerate(_chunks(folder.read(file.name))):
        item: dict[str, JsonValue] = {
            "type": CHUNK,
            "sha256": file.sha256,
            "size": file.size,
            "position": position,
            "data": base64.b64encode(chunk).decode(),
        }
        await context.store([item])


def _chunks(content: Iterator[bytes]) -> Iterator[bytes]:
    """Cut a content into chunks of the size the server keeps them in."""
    held = bytearray()
    for part in content:
        held += part
        while len(held) >= CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES])
            del held[:CHUNK_BYTES]
    if held:
        yield bytes(held)


async def _read_output(folder: OutputDirectory, found: Collection) -> Output:
    file = next((each for each in found.files if each.name == NAME), None)
    if file is None:
        reasons = [each.reason for each in found.left_out if each.name == NAME]
        return refuse(reasons[0]) if reasons else NO_OUTPUT
    if file.size > MOST_BYTES:
        return too_large(file.size)
    content = b"".join(folder.read(NAME))
    if file.size <= INLINE_BYTES:
        return read_result(content)
    return await asyncio.to_thread(read_result, content)
