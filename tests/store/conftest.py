"""What tests of the data layer share."""

from databases import database_url, db, postgresql

__all__ = ["database_url", "db", "postgresql"]
