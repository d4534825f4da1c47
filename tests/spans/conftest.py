"""What tests of spans share: servers, clients, databases, and runs over spans."""

import pytest

from databases import database_url, db, postgresql
from evalwright_server.runs.engine import Engine
from evalwright_server.store.database import Database
from server.conftest import api, connect, scene, unique

__all__ = ["api", "connect", "database_url", "db", "engine", "postgresql", "scene", "unique"]


@pytest.fixture
def engine(db: Database) -> Engine:
    """An engine with the usual leases."""
    return Engine(db)
