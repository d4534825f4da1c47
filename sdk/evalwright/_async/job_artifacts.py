"""The files that jobs leave."""

from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TypeVar

from evalwright._async.job_output import AsyncJobOutput
from evalwright._downloads import PartialFile, digest_in, place, verify
from evalwright._errors.api import APIError
from evalwright._errors.base import EvalwrightError
from evalwright._errors.jobs import ChecksumMismatch
from evalwright._fields import name_errors, refuse
from evalwright._reconnecting import Reconnecting
from evalwright_api import api, models
from evalwright_api.types import NotModified, Request

_B = TypeVar("_B")


class AsyncJobArtifacts(AsyncJobOutput):
    """The part of `AsyncJobsClient` that reads the files of a job."""

    async def list_artifacts(self, *, job_id: str) -> models.JobArtifactList:
        """List the files that a job left in /output, and those that were not kept, and why."""
        refuse(name_errors("job_id", job_id))
        return await self._session.send(api.jobs.list_job_artifacts(job_id))

    async def read_artifact(self, *, job_id: str, name: str) -> bytes:
        """Get the content of a file, checked against its SHA-256.

        Raises:
            NotFound: The job has no such file, or has not ended.
            ChecksumMismatch: It did not arrive as it was sent.
        """
        _check(job_id, name)
        response = await self._session.send_full(_plain(api.jobs.get_job_artifact(job_id, name)))
        content = b"" if isinstance(response.value, NotModified) else response.value
        return verify(content, digest_in(response.headers.get("ETag")), name)

    async def download_artifact(
        self, *, job_id: str, name: str, to: str | PathLike[str] = "."
    ) -> Path:
        """Write a file of a job to disk, and give its path.

        It is never held in memory as a whole. If the connection breaks, the download goes on where
        it broke, also in a later call; the file gets its name when it is complete and its SHA-256
        is right.

        Args:
            job_id: The job.
            name: The file's name.
            to: A path, or a folder in which it keeps its name.

        Raises:
            NotFound: The job has no such file, or has not ended.
            ChecksumMismatch: It did not arrive as it was sent.
        """
        _check(job_id, name)
        part = PartialFile(place(to, name))
        was_begun = part.size > 0
        try:
            return await self._complete(job_id, name, part)
        except ChecksumMismatch:
            if not was_begun:  # what lay there may have been of another file
                raise
        return await self._complete(job_id, name, part)

    async def download_artifacts(self, *, job_id: str, to: str | PathLike[str] = ".") -> Path:
        """Write all files of a job to disk as one zip archive, and give its path.

        Args:
            job_id: The job.
            to: A path, or a folder in which the archive is named after the job.
        """
        refuse(name_errors("job_id", job_id))
        part = PartialFile(place(to, f"job-{job_id}.zip"))
        part.discard()  # an archive is made while it is sent: there is no going on with one
        await self._receive(_plain(api.jobs.download_job_artifacts(job_id)), part)
        return part.finish(f"job-{job_id}.zip")

    async def _complete(self, job_id: str, name: str, part: PartialFile) -> Path:
        attempts = Reconnecting(self._session.clock)
        while True:
            request = _plain(api.jobs.get_job_artifact(job_id, name, range_=part.missing))
            before = part.size
            try:
                await self._receive(request, part)
                return part.finish(name)
            except ChecksumMismatch:
                raise
            except EvalwrightError as error:
                if part.size > before:
                    attempts.progressed()
                if isinstance(error, APIError) and error.status == 416:
                    part.discard()  # more is here than there is
                    continue
                await self._session.sleep(attempts.after(error))

    async def _receive(
        self, request: Request[bytes] | Request[bytes | NotModified], part: PartialFile
    ) -> None:
        async with self._session.download(request) as stream:
            part.begin(stream.status, stream.headers)
            try:
                async for piece in stream:
                    part.write(piece)
            finally:
                part.end()


def _check(job_id: str, name: str) -> None:
    refuse([*name_errors("job_id", job_id), *name_errors("name", name)])


def _plain(request: Request[_B]) -> Request[_B]:
    """Ask for the content as it is: part of a compressed one is no part of the file."""
    return replace(request, headers={**request.headers, "Accept-Encoding": "identity"})
