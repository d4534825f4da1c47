"""Run by Alembic: apply revisions on the connection that `store.migrate` hands over."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator

from evalwright_server.store.schema import metadata


def _render(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    # Revisions name database types only: they must run after our own types have moved on.
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


_connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=_connection,
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
    render_item=_render,
)
context.run_migrations()
