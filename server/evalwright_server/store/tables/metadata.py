"""The catalogue that every table registers with."""

from typing import Final

from sqlalchemy import MetaData

NAMING_CONVENTION: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints. Migrations address constraints by name, on SQLite by nothing else."""

metadata: Final = MetaData(naming_convention=NAMING_CONVENTION)
"""All tables of the server."""
