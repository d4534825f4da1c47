"""Red teams side by side."""

from typing import Final

from sqlalchemy import Connection

from evalwright_server.red_team import VECTORS
from evalwright_server.services.errors import FieldError, InvalidRequest
from evalwright_server.services.red_teams import get_red_team
from evalwright_server.services.requests import JsonObject

FEWEST, MOST = 2, 5
"""How many red teams are compared."""
_POINTER: Final = "query:run_ids"


def compare_red_teams(conn: Connection, run_ids: str) -> JsonObject:
    """Return red teams with their rates, overall and by vector.

    Args:
        conn: The transaction.
        run_ids: Their IDs, separated by commas; the first one is the baseline.
    """
    found = [get_red_team(conn, uid) for uid in _split(run_ids)]
    used = {vector["key"] for run in found for vector in run["vectors"]}
    return {
        "runs": found,
        "vectors": [_compare(key, found) for key in VECTORS if key in used],
        "overall_success_rates": {run["id"]: run["success_rate"] for run in found},
        "baseline_run_id": found[0]["id"],
    }


def _split(run_ids: str) -> list[str]:
    uids = [uid.strip() for uid in run_ids.split(",") if uid.strip()]
    message = None
    if not FEWEST <= len(uids) <= MOST:
        message = f"expected {FEWEST} to {MOST} IDs, separated by commas; there are {len(uids)}"
    elif len(set(uids)) < len(uids):
        message = "one of the IDs is there twice"
    if message is not None:
        raise InvalidRequest(f"{_POINTER}: {message}", [FieldError(_POINTER, message)])
    return uids


def _compare(key: str, found: list[JsonObject]) -> JsonObject:
    rates = {
        run["id"]: vector["success_rate"]
        for run in found
        for vector in run["vectors"]
        if vector["key"] == key
    }
    return {"key": key, "name": VECTORS[key].name, "success_rates": rates}
