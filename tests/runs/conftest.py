"""What tests of the engine share."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, insert

from databases import database_url, db, postgresql
from evalwright_server.runs.engine import Engine
from evalwright_server.store.database import Database
from evalwright_server.store.tables.spaces import organizations, spaces

__all__ = ["database_url", "db", "engine", "postgresql", "space_id"]


def make_space(connection: Connection) -> int:
    """Insert a space and return its number."""
    now = datetime.now(UTC)
    organization = connection.execute(
        insert(organizations)
        .values(suffix="aaaa", name="organization", description="", created_at=now)
        .returning(organizations.c.id)
    ).scalar_one()
    space: int = connection.execute(
        insert(spaces)
        .values(
            suffix="aaaa",
            organization_id=organization,
            name="space",
            description="",
            created_at=now,
        )
        .returning(spaces.c.id)
    ).scalar_one()
    return space


@pytest.fixture
async def space_id(db: Database) -> int:
    """The number of a space that runs can belong to."""
    return await db.write(make_space)


@pytest.fixture
def engine(db: Database) -> Engine:
    """An engine with the usual leases."""
    return Engine(db)
