"""What comes from jobs piece by piece: events, output, and archives."""

from starlette.responses import Response, StreamingResponse

from evalwright_server.services.job_archive import get_archive, pack
from evalwright_server.web.call import Call


async def download_job_artifacts(call: Call) -> Response:
    """Send all files of a job as a zip archive, which is made meanwhile."""
    archive = await call.read(get_archive, call.values["job_id"], engine=call.context.engine)
    name = f"job-{archive.job_id}.zip"
    return StreamingResponse(
        pack(call.context.db, archive),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
