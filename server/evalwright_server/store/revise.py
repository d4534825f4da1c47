"""Write `0001_initial` anew from the tables: `python -m evalwright_server.store.revise`.

Until the first release there is only this revision, and it follows the tables. From then on
revisions are added and never changed.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from alembic import command
from alembic.script import ScriptDirectory

from evalwright_server.store.dialects import make_engine, parse_url, sqlite_url
from evalwright_server.store.migrate import configuration

_REVISION: Final = "0001"


def main() -> None:
    """Replace the initial revision."""
    scripts = ScriptDirectory.from_config(configuration())
    for script in scripts.walk_revisions():
        Path(script.path).unlink()
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(parse_url(sqlite_url(Path(folder) / "empty.db")), "writer")
        with engine.connect() as connection:
            command.revision(
                configuration(connection), "initial", autogenerate=True, rev_id=_REVISION
            )
        engine.dispose()
    subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--quiet", Path(scripts.versions)], check=True
    )


if __name__ == "__main__":
    main()
