"""All cases, by group."""

from dataclasses import replace
from typing import Final

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
GROUPS: Final = tuple(_BY_GROUP)
CASES: Final = tuple(
    replace(case, group=group) for group, cases in _BY_GROUP.items() for case in cases
)
