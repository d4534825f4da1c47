# Generated from sdk/evalwright/_async/job_types.py by scripts/unasync.py: do not edit.
"""Kinds of jobs."""

from collections.abc import Sequence

from evalwright._fields import name_errors, refuse
from evalwright._sync.resource import Resource
from evalwright_api import api, models

BUILD_SECONDS = 660.0
"""Seconds to wait for packages to be installed; servers allow ten minutes."""


class JobTypesClient(Resource):
    """Kinds of jobs, as the server's settings describe them."""

    def list(self) -> Sequence[models.JobType]:
        """Get every job type."""
        return self._session.send(api.job_types.list_job_types())

    def get(self, *, name: str) -> models.JobType:
        """Get a job type."""
        refuse(name_errors("name", name))
        return self._session.send(api.job_types.get_job_type(name))

    def build(self, *, name: str) -> models.JobTypeBuild:
        """Install a job type's packages now instead of with its first job.

        Raises:
            Unprocessable: They can't be installed; says why.
        """
        refuse(name_errors("name", name))
        request = api.job_types.build_job_type(name)
        response = self._session.send_full(
            request, timeout=max(BUILD_SECONDS, self._session.config.timeout)
        )
        return response.value
