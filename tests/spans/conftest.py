"""What tests of spans share: servers, clients, databases, and an application that is traced."""

from databases import database_url, db, postgresql
from server.conftest import api, connect, scene, unique

__all__ = ["api", "connect", "database_url", "db", "postgresql", "scene", "unique"]
