"""Revision ${up_revision}: ${message}."""
<%
    # One function per new table: the initial revision would be a function of hundreds of lines.
    marker = "    op.create_table("
    before, *tables = (upgrades or "pass").replace("# ### end Alembic commands ###", "").split(marker)
    names = [table.split("'")[1] for table in tables]
    before = [line for line in before.splitlines() if not line.lstrip().startswith("#")]
%>
import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Apply the revision."""
% for line in before:
${line}
% endfor
% for name in names:
    _create_${name}()
% endfor
% for name, table in zip(names, tables):


def _create_${name}() -> None:
${marker}${table.rstrip()}
% endfor
