"""Installed packages."""

from collections.abc import Sequence

from evalwright._async.resource import AsyncResource
from evalwright._fields import name_errors, refuse
from evalwright_api import api, models


class AsyncEnvironmentsClient(AsyncResource):
    """Sets of packages that are installed on the server's host, for jobs to share."""

    async def list(self) -> Sequence[models.Environment]:
        """Get every environment."""
        found = await self._session.send(api.environments.list_environments())
        return found.environments

    async def delete(self, *, key: str) -> None:
        """Remove an environment; a job that needs it installs it again.

        Raises:
            Conflict: A job uses it right now.
        """
        refuse(name_errors("key", key))
        await self._session.send(api.environments.delete_environment(key))
