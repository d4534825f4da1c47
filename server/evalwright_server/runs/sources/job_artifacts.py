"""Keeping the files that a job left."""

import base64
from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue
from sqlalchemy import Connection, insert

from evalwright_server.runs.job_report import ArtifactFile, JobReport
from evalwright_server.store import blobs
from evalwright_server.store.tables.jobs import job_artifacts

_KEEP: Final = insert(job_artifacts)


def keep_artifacts(
    connection: Connection, run_id: int, report: JobReport
) -> Mapping[str, JsonValue]:
    """Keep the files of a report, and return its record with those that could not be kept."""
    # In one order everywhere, or two servers that keep the same files would wait for each other.
    ordered = sorted(report.artifacts, key=lambda file: file.sha256)
    kept = {file.name for file in ordered if _keep_content(connection, file)}
    rows = [
        {
            "run_id": run_id,
            "name": file.name,
            "position": position,
            "size": file.size,
            "sha256": file.sha256,
            "content_type": file.content_type,
        }
        for position, file in enumerate(report.artifacts)
        if file.name in kept
    ]
    if rows:
        connection.execute(_KEEP, rows)
    lost: list[JsonValue] = [
        {"name": file.name, "reason": "its content did not arrive"}
        for file in report.artifacts
        if file.name not in kept
    ]
    if not lost:
        return report.record
    left_out = report.record.get("artifacts_left_out")
    present = left_out if isinstance(left_out, list) else []
    return {**report.record, "artifacts_left_out": [*present, *lost]}


def _keep_content(connection: Connection, file: ArtifactFile) -> bool:
    """Make sure that a file's content is there."""
    if file.data is not None:
        blobs.put(connection, file.sha256, base64.b64decode(file.data))
    else:
        blobs.touch(connection, file.sha256, file.size)
    return blobs.is_complete(connection, file.sha256, file.size)
