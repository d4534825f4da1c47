"""Kinds of jobs."""

from collections.abc import Sequence

from evalwright._async.resource import AsyncResource
from evalwright._fields import name_errors, refuse
from evalwright_api import api, models

BUILD_SECONDS = 660.0
"""Seconds to wait for packages to be installed; servers allow ten minutes."""


class AsyncJobTypesClient(AsyncResource):
    """Kinds of jobs, as the server's settings describe them."""

    async def list(self) -> Sequence[models.JobType]:
        """Get every job type."""
        return await self._session.send(api.job_types.list_job_types())

    async def get(self, *, name: str) -> models.JobType:
        """Get a job type."""
        refuse(name_errors("name", name))
        return await self._session.send(api.job_types.get_job_type(name))

    async def build(self, *, name: str) -> models.JobTypeBuild:
        """Install a job type's packages now instead of with its first job.

        Raises:
            Unprocessable: They can't be installed; says why.
        """
        refuse(name_errors("name", name))
        request = api.job_types.build_job_type(name)
        response = await self._session.send_full(
            request, timeout=max(BUILD_SECONDS, self._session.config.timeout)
        )
        return response.value
