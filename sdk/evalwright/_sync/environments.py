# Generated from sdk/evalwright/_async/environments.py by scripts/unasync.py: do not edit.
"""Installed packages."""

from collections.abc import Sequence

from evalwright._fields import name_errors, refuse
from evalwright._sync.resource import Resource
from evalwright_api import api, models


class EnvironmentsClient(Resource):
    """Sets of packages that are installed on the server's host, for jobs to share."""

    def list(self) -> Sequence[models.Environment]:
        """Get every environment."""
        found = self._session.send(api.environments.list_environments())
        return found.environments

    def delete(self, *, key: str) -> None:
        """Remove an environment; a job that needs it installs it again.

        Raises:
            Conflict: A job uses it right now.
        """
        refuse(name_errors("key", key))
        self._session.send(api.environments.delete_environment(key))
