# Generated from sdk/evalwright/_async/projects.py by scripts/unasync.py: do not edit.
"""Projects."""

from collections.abc import Iterator

from evalwright._fields import build
from evalwright._given import something
from evalwright._sync.resource import Resource
from evalwright._unset import UNSET, Unset
from evalwright_api import api, models


class ProjectsClient(Resource):
    """Applications whose spans are evaluated."""

    def list(
        self,
        *,
        name: str | None = None,
        space: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> models.ProjectList:
        """Get one page of projects.

        Args:
            name: Only projects whose name contains this text, whatever its case.
            space: Only projects of this space, by name or ID.
            limit: The largest number of rows, 1 to 100.
            cursor: The `pagination.next_cursor` of the page before.
        """
        space_id = self._find.optional_space(space)
        return self._session.send(
            api.projects.list_projects(name=name, space_id=space_id, limit=limit, cursor=cursor)
        )

    def iter(
        self, *, name: str | None = None, space: str | None = None, page_size: int = 100
    ) -> Iterator[models.Project]:
        """Go through all projects, reading page by page.

        Args:
            name: Only projects whose name contains this text, whatever its case.
            space: Only projects of this space, by name or ID.
            page_size: How many to read at a time, 1 to 100.
        """
        space_id = self._find.optional_space(space)
        rows = self._iterate(
            lambda cursor: api.projects.list_projects(
                name=name, space_id=space_id, limit=page_size, cursor=cursor
            ),
            lambda page: page.projects,
        )
        yield from rows

    def get(self, *, project: str, space: str | None = None) -> models.Project:
        """Get a project by name or ID; a name is looked up within the space when it is given."""
        project_id = self._find.project(project, space)
        return self._session.send(api.projects.get_project(project_id))

    def create(self, *, name: str, space: str) -> models.Project:
        """Create a project.

        Args:
            name: Its name, unique inside the space.
            space: The space that holds it, by name or ID.
        """
        members: dict[str, object] = {"name": name, "space_id": space}
        build(models.CreateProjectRequest, members, arguments={"space_id": "space"})
        members["space_id"] = self._find.space(space)
        body = build(models.CreateProjectRequest, members)
        return self._session.send(api.projects.create_project(body=body))

    def update(
        self, *, project: str, space: str | None = None, name: str | Unset = UNSET
    ) -> models.Project:
        """Rename a project.

        Args:
            project: The project, by name or ID.
            space: Where the name is looked up.
            name: Its new name, unique inside the space.
        """
        body = build(models.UpdateProjectRequest, something(name=name))
        project_id = self._find.project(project, space)
        return self._session.send(api.projects.update_project(project_id, body=body))

    def delete(self, *, project: str, space: str | None = None) -> None:
        """Delete a project by name or ID."""
        project_id = self._find.project(project, space)
        self._session.send(api.projects.delete_project(project_id))
