"""All cases, by group."""

from dataclasses import replace
from typing import Final

from evalwright_server.attack.case import Case
from evalwright_server.attack.corpus.artifacts import ARTIFACTS
from evalwright_server.attack.corpus.bombs import BOMBS
from evalwright_server.attack.corpus.files import FILES
from evalwright_server.attack.corpus.forgeries import FORGERIES
from evalwright_server.attack.corpus.leftovers import LEFTOVERS
from evalwright_server.attack.corpus.memory import MEMORY
from evalwright_server.attack.corpus.namespaces import NAMESPACES
from evalwright_server.attack.corpus.processes import PROCESSES
from evalwright_server.attack.corpus.results import RESULTS
from evalwright_server.attack.corpus.sockets import SOCKETS
from evalwright_server.attack.corpus.syscalls import SYSCALLS
from evalwright_server.attack.prelude import GUARD

_BY_GROUP: Final = {
    "files": FILES,
    "processes": PROCESSES,
    "namespaces": NAMESPACES,
    "syscalls": SYSCALLS,
    "sockets": SOCKETS,
    "memory": MEMORY,
    "bombs": BOMBS,
    "artifacts": ARTIFACTS,
    "results": RESULTS,
    "forgeries": FORGERIES,
    "leftovers": LEFTOVERS,
}
GENTLE: Final = frozenset({
    "host-file", "host-file-to-write", "through-proc", "server-code", "environment",
    "signal-host", "other-processes", "own-namespaces", "io-uring", "unknown-calls", "loopback",
    "unix-sockets", "interfaces", "socket-families",
})  # fmt: skip
"""Cases that only look, open or ask, and so may run where nothing holds them."""


def _complete(case: Case, group: str) -> Case:
    """Put a case in its group, and a guard before its programs."""
    if case.name in GENTLE:
        return replace(case, group=group)
    return replace(
        case,
        group=group,
        program=GUARD + case.program,
        before=case.before and GUARD + case.before,
        beside=case.beside and GUARD + case.beside,
    )


GROUPS: Final = tuple(_BY_GROUP)
CASES: Final = tuple(_complete(case, group) for group, cases in _BY_GROUP.items() for case in cases)
