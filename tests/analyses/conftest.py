"""What tests of analyses share: an engine with a real worker process, and a project."""

from collections.abc import AsyncIterator

import pytest
from cryptography.fernet import Fernet

from analyses.scenes import Yard, make_project
from databases import database_url, db, postgresql
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.pool import WorkerPool
from evalwright_server.store.database import Database
from evalwright_server.store.secrets import SecretBox
from runs.conftest import make_space

__all__ = ["database_url", "db", "pool", "postgresql", "yard"]


@pytest.fixture
async def yard(db: Database) -> Yard:
    """An engine with a project, and nobody who works."""
    space_id = await db.write(make_space)
    project_id = await db.write(lambda connection: make_project(connection, space_id))
    return Yard(Engine(db), SecretBox([Fernet.generate_key().decode()]), space_id, project_id)


@pytest.fixture
async def pool(yard: Yard) -> AsyncIterator[WorkerPool]:
    """A worker process for it, which may ask a model two things at a time."""
    async with yard.working() as pool:
        yield pool
