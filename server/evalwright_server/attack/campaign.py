"""Trying the cases of the corpus on a server."""

import secrets
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

from evalwright_server.attack.canaries import Canaries
from evalwright_server.attack.case import Case, Outcome, Trial, Verdict
from evalwright_server.attack.client import JobClient, Unreachable
from evalwright_server.attack.judging import broken, judge
from evalwright_server.attack.prelude import source
from evalwright_server.attack.setting import Bounds, Setting

ASKED: Final[dict[str, int]] = {
    "memory_mb": 128,
    "processes": 32,
    "open_files": 64,
    "file_mb": 100,
    "files": 2000,
    "output_mb": 100,
    "stream_bytes": 8192,
    "artifacts": 20,
    "artifact_mb": 4,
    "artifacts_mb": 10,
}
"""Limits to run under, so that bombs reach them soon; a server may allow less."""
HONEST: Final = "print(6 * 7)"


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one case."""

    case: Case
    verdict: Verdict
    outcome: Outcome | None = None


class Campaign:
    """The cases, on one server."""

    def __init__(self, client: JobClient, canaries: Canaries, job_type: str = "default") -> None:
        """Ask the server what limits there are.

        Args:
            client: Speaks to the server.
            canaries: Planted on this machine, which need not be the server's.
            job_type: The type of all jobs; one with a template is isolated in another way.

        Raises:
            Unreachable: It does not run jobs for us, not even honest ones.
        """
        self._client = client
        self._canaries = canaries
        self._job_type = job_type
        known = client.answer("GET", f"/job-types/{quote(job_type, safe='')}")
        limits = known.get("limits")
        self._limits: dict[str, Any] | None = None
        self.bounds = Bounds()
        if isinstance(limits, dict):
            self._limits = {name: min(value, limits.get(name, value))
                            for name, value in ASKED.items()}  # fmt: skip
            self.bounds = Bounds.of_job_type({**limits, **self._limits})
        canaries.places["servers"] = list(_addresses(client.base_url))
        answer = client.answer("POST", "/execute", {"code": HONEST, "job_type": job_type})
        if answer.get("stdout") != "42\n":
            raise Unreachable(f"an honest job was answered with {answer}")

    def try_all(self, cases: Iterable[Case]) -> Iterator[Report]:
        """Try one after the other; an honest job at the end shows that the server is well."""
        for case in cases:
            yield self._try(case)

    def _try(self, case: Case) -> Report:
        self._canaries.sightings()
        setting = Setting(f"mark-{secrets.token_hex(8)}", self._canaries.secret, self.bounds,
                          self._canaries.places)  # fmt: skip
        first = None
        try:
            if case.before is not None:
                first = self._client.execute(self._request(case.before, case, setting))
            neighbour = None
            if case.beside is not None:
                neighbour = self._client.start(self._request(case.beside, case, setting))
            outcome = self._client.execute(self._request(case.program, case, setting))
            if neighbour is not None:
                first = self._client.finish(neighbour)
        except Unreachable as error:
            return Report(case, broken(str(error)))
        sightings = self._canaries.sightings(setting.mark)
        return Report(case, judge(case, Trial(setting, outcome, first, sightings)), outcome)

    def _request(self, program: str, case: Case, setting: Setting) -> dict[str, Any]:
        request: dict[str, Any] = {
            "code": source(program),
            "input_data": setting.input_data(),
            "timeout": case.timeout,
            "job_type": self._job_type,
        }
        return request if self._limits is None else {**request, "limits": self._limits}

    def isolation(self) -> dict[str, Any]:
        """Ask what kept the last job apart from the host."""
        page = self._client.answer("GET", "/executions?limit=1&view=full")
        return dict((page.get("items") or [{}])[0].get("isolation") or {})


def _addresses(base_url: str) -> Iterator[tuple[str, int]]:
    """List the IPv4 addresses and ports that the server is reached at."""
    parts = urlsplit(base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(parts.hostname, port, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return
    yield from sorted({(str(address[0]), int(address[1])) for *_, address in found})


def matching(cases: Iterable[Case], words: Iterable[str]) -> list[Case]:
    """Select cases by group, by name, or by both as `group/name`; all of them without words."""
    wanted = set(words)
    return [
        case
        for case in cases
        if not wanted or wanted & {case.group, case.name, f"{case.group}/{case.name}"}
    ]
