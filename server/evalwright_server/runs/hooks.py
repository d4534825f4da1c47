"""What the layers above add to a run on the server's side.

`grants` is what a worker is told in confidence, such as the key of a model's provider. It goes out
with the assignment and is kept in the worker's memory: it is stored nowhere and never logged.
"""

from collections.abc import Mapping
from typing import Protocol

from pydantic import JsonValue
from sqlalchemy import Connection

from evalwright_server.runs.records import Finish
from evalwright_server.runs.sources.source import Claimed


class Hooks(Protocol):
    """Called in the transactions in which a run is claimed, and in which it ends.

    An exception would undo the claim or the end, so what can go wrong is said in what is returned.
    """

    def grants(self, connection: Connection, claimed: Claimed) -> Mapping[str, JsonValue]:
        """Return what the worker of this run needs and must not be stored."""
        ...

    def finishing(self, connection: Connection, claimed: Claimed, finish: Finish) -> str | None:
        """Start what follows a run that ends like this; return what to add to its note."""


class NoHooks:
    """Adds nothing; see `Hooks`."""

    def grants(
        self,
        connection: Connection,  # noqa: ARG002
        claimed: Claimed,  # noqa: ARG002
    ) -> Mapping[str, JsonValue]:
        """Return nothing; see `Hooks`."""
        return {}

    def finishing(
        self,
        connection: Connection,  # noqa: ARG002
        claimed: Claimed,  # noqa: ARG002
        finish: Finish,  # noqa: ARG002
    ) -> str | None:
        """Do nothing; see `Hooks`."""
        return None
