"""Long polls: `Prefer: wait=N` (RFC 7240) on reads of runs."""

import re
from typing import Final

from evalwright_server.runs.records import RunRow
from evalwright_server.services.revisions import matches
from evalwright_server.web.call import Call
from evalwright_server.web.presence import while_wanted

MAX_WAIT: Final = 60
"""The longest that an answer is held, in seconds."""

_WAIT: Final = re.compile(r"""(?:^|,)\s*wait\s*=\s*"?([0-9]{1,9})"?\s*(?=;|,|$)""", re.IGNORECASE)


def run_tag(run: RunRow) -> str:
    """Return the entity tag of a run's representations."""
    return f'"{run.version}"'


def wait_preference(prefer: str | None) -> int | None:
    """Return the seconds that a `Prefer` header asks to wait, at most `MAX_WAIT`.

    As the RFC demands, what is no such preference is ignored.
    """
    found = _WAIT.search(prefer) if prefer is not None else None
    return min(int(found[1]), MAX_WAIT) if found else None


async def hold(call: Call, run: RunRow) -> tuple[RunRow, dict[str, str]]:
    """Return a run once there is something to answer, and the headers that say so.

    With `If-None-Match` that is when it differs from what the client has, otherwise when it has
    ended; without the preference it is now.

    Raises:
        RunNotFound: It has been deleted meanwhile.
        ClientGone: Nobody waits for the answer any more.
    """
    seconds = wait_preference(call.values.get("Prefer"))
    if seconds is None:
        return run, {}
    applied = {"Preference-Applied": f"wait={seconds}"}
    condition = call.values.get("If-None-Match")
    is_news = condition is not None and not matches(run_tag(run), condition)
    if run.state.is_final or is_news or seconds == 0:
        return run, applied
    context = call.context
    since = None if condition is None else run.version
    waiting = context.engine.wait(run.id, since_version=since, timeout=seconds)
    later = await while_wanted(call.request, context.stopping, waiting)
    return later or run, applied
