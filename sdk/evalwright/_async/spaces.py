"""Spaces."""

from collections.abc import AsyncIterator

from evalwright._async.resource import AsyncResource
from evalwright._fields import build, name_errors, refuse
from evalwright._given import given, something
from evalwright._unset import UNSET, Unset
from evalwright_api import api, models


class AsyncSpacesClient(AsyncResource):
    """Workspaces that hold projects, datasets, evaluators and tasks."""

    async def list(
        self, *, name: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> models.SpaceList:
        """Get one page of spaces.

        Args:
            name: Only spaces whose name contains this text, whatever its case.
            limit: The largest number of rows, 1 to 100.
            cursor: The `pagination.next_cursor` of the page before.
        """
        return await self._session.send(
            api.spaces.list_spaces(name=name, limit=limit, cursor=cursor)
        )

    async def iter(
        self, *, name: str | None = None, page_size: int = 100
    ) -> AsyncIterator[models.Space]:
        """Go through all spaces, reading page by page.

        Args:
            name: Only spaces whose name contains this text, whatever its case.
            page_size: How many to read at a time, 1 to 100.
        """
        rows = self._iterate(
            lambda cursor: api.spaces.list_spaces(name=name, limit=page_size, cursor=cursor),
            lambda page: page.spaces,
        )
        async for space in rows:
            yield space

    async def get(self, *, space: str) -> models.Space:
        """Get a space by name or ID."""
        space_id = await self._find.space(space)
        return await self._session.send(api.spaces.get_space(space_id))

    async def create(
        self, *, name: str, organization_id: str | None = None, description: str | None = None
    ) -> models.Space:
        """Create a space.

        Args:
            name: Its name, unique inside the organization.
            organization_id: The organization that owns it; the default one when None.
            description: What it is for.
        """
        members = given(name=name, organization_id=organization_id, description=description)
        body = build(models.CreateSpaceRequest, members)
        return await self._session.send(api.spaces.create_space(body=body))

    async def update(
        self, *, space: str, name: str | Unset = UNSET, description: str | Unset = UNSET
    ) -> models.Space:
        """Change a space; what is not passed stays as it is.

        Args:
            space: The space, by name or ID.
            name: A new name.
            description: A new description; empty text clears it.
        """
        members = something(name=name, description=description)
        body = build(models.UpdateSpaceRequest, members)
        space_id = await self._find.space(space)
        return await self._session.send(api.spaces.update_space(space_id, body=body))

    async def delete(self, *, space: str) -> None:
        """Delete a space, by name or ID, and everything in it."""
        space_id = await self._find.space(space)
        await self._session.send(api.spaces.delete_space(space_id))

    async def add_user(
        self, *, space: str, user_id: str, role: models.SpaceRole | str
    ) -> models.SpaceMembership:
        """Add a user to a space, or give one who is there another role.

        Args:
            space: The space, by name or ID.
            user_id: The user.
            role: `admin`, `member`, `read_only` or `annotator`.
        """
        body = build(models.SpaceMembershipInput, {"user_id": user_id, "role": role})
        space_id = await self._find.space(space)
        return await self._session.send(api.spaces.add_space_user(space_id, body=body))

    async def remove_user(self, *, space: str, user_id: str) -> None:
        """Take a user out of a space.

        Args:
            space: The space, by name or ID.
            user_id: The user.
        """
        refuse(name_errors("user_id", user_id))
        space_id = await self._find.space(space)
        await self._session.send(api.spaces.remove_space_user(space_id, user_id))
