"""Bring a database to this release's revision, and refuse one that is ahead of it.

There is one linear history and only one way through it, forward: to go back, restore the backup
made before the upgrade.
"""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from evalwright_server.store.errors import (
    DatabaseError,
    DatabaseTooNew,
    DatabaseUnavailable,
    DatabaseUnusable,
    DatabaseUnwritable,
)

_MIGRATIONS: Final = Path(__file__).with_name("migrations")
# Any constant does, as long as every server uses the same.
_UPGRADE_LOCK: Final = 4_201_337_101


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, for a connection if one is given."""
    config = Config()
    # ConfigParser takes a percent sign for an interpolation.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Apply all missing revisions in one transaction.

    Raises:
        DatabaseTooNew: The database was upgraded by a newer release.
        DatabaseUnusable: The file is no SQLite database, or holds something else than our tables.
        DatabaseUnwritable: The database can't be written.
        DatabaseUnavailable: The server can't be reached.
    """
    try:
        with engine.connect() as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                # Two servers may start at once; the second waits and finds nothing to do.
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))
            _upgrade(connection)
    except DBAPIError as error:
        raise _translate(error, engine) from error


def _upgrade(connection: Connection) -> None:
    config = configuration(connection)
    scripts = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(connection).get_current_heads()
    known = {script.revision for script in scripts.walk_revisions()}
    unknown = [revision for revision in present if revision not in known]
    if unknown:
        raise DatabaseTooNew(
            f"the database is at revision {unknown[0]!r}, which this release doesn't know (it ends "
            f"at {scripts.get_current_head()!r}): start the newer release that made it, or restore "
            f"a backup"
        )
    if list(present) != scripts.get_heads():
        command.upgrade(config, "head")


def _translate(error: DBAPIError, engine: Engine) -> DatabaseError:
    where = engine.url.render_as_string(hide_password=True)
    reason = str(error.orig).strip()
    if engine.dialect.name == "sqlite":
        if "not a database" in reason:
            return DatabaseUnusable(f"{engine.url.database} is no SQLite database: move it away")
        if "exists" in reason:
            return DatabaseUnusable(f"{engine.url.database} holds other tables ({reason})")
        return DatabaseUnwritable(f"the database {engine.url.database} can't be used: {reason}")
    if isinstance(error, OperationalError):
        return DatabaseUnavailable(f"the database {where} can't be reached: {reason}")
    return DatabaseUnusable(f"the database {where} can't be used: {reason}")
