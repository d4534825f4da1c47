"""Running programs on a server, over its HTTP API and nothing else."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import urllib3

from evalwright_server.attack.case import Artifact, Outcome
from evalwright_server.attack.setting import MIB

JSON: Final = {"Content-Type": "application/json"}
CONTENT_BYTES: Final = 64 * 1024
"""How much of an artifact is read."""
ARTIFACTS_READ: Final = 12
BUSY: Final = frozenset({429, 503})
BUSY_TRIES: Final = 20
PATIENCE: Final = urllib3.Timeout(connect=10, read=330)


class Unreachable(Exception):
    """There is no job API at the address, or it does not let the user in."""


class JobClient:
    """A client of the job API that trusts nothing it is told.

    Attributes:
        base_url: Where the server is.
    """

    def __init__(self, base_url: str, api_key: str | None = None) -> None:
        """Connect to nothing yet.

        Args:
            base_url: Where the server is.
            api_key: Sent as a bearer token.
        """
        self.base_url = base_url.rstrip("/")
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._pool = urllib3.PoolManager(headers=headers, retries=False, timeout=PATIENCE)

    def ask(self, method: str, path: str, body: object = None) -> urllib3.BaseHTTPResponse:
        """Make a request; wait where the server says that it is busy.

        Raises:
            Unreachable: There was no answer.
        """
        headers = {**self._pool.headers, **(JSON if body is not None else {})}
        content = None if body is None else json.dumps(body).encode()
        answer = self._request(method, path, content, headers)
        for _ in range(BUSY_TRIES):
            wait = answer.headers.get("Retry-After", "")
            if answer.status not in BUSY or not wait.isdigit():
                break
            time.sleep(int(wait))
            answer = self._request(method, path, content, headers)
        return answer

    def _request(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        address = f"{self.base_url}{path}"
        try:
            return self._pool.request(method, address, body=content, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(f"{method} {path}: {error}") from error

    def answer(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Make a request that has to be answered with a JSON object.

        Raises:
            Unreachable: It was not.
        """
        response = self.ask(method, path, body)
        try:
            found = response.json()
        except ValueError:
            found = None
        if response.status != 200 or not isinstance(found, dict):
            said = response.data[:200].decode(errors="replace")
            raise Unreachable(f"{method} {path} was answered with {response.status}: {said}")
        return found

    def execute(self, request: Mapping[str, Any]) -> Outcome:
        """Run a program and get all that is known about it."""
        response = self.ask("POST", "/execute", request)
        if response.status != 200:
            return _trouble(f"POST /execute: {response.status} {response.data[:200]!r}")
        return self.outcome(str(response.json().get("execution_id")))

    def start(self, request: Mapping[str, Any]) -> str:
        """Submit a program and wait until it runs.

        Returns:
            The job's ID.
        """
        job = str(self.answer("POST", "/execute/async", request)["job_id"])
        for _ in range(200):
            if self.answer("GET", f"/jobs/{quote(job)}")["status"] not in {"pending", "queued"}:
                break
            time.sleep(0.02)
        return job

    def finish(self, job: str) -> Outcome:
        """Wait for the end of a job and get all that is known about it."""
        self.ask("GET", f"/jobs/{quote(job)}/result?wait=true&timeout=60")
        return self.outcome(job)

    def outcome(self, job: str) -> Outcome:
        """Read everything about a job that has ended, in every place where it shows."""
        path = quote(job, safe="")
        troubles: list[str] = []
        record: dict[str, Any] = {}
        for place in (f"/executions/{path}?view=full", "/executions?limit=2&view=full"):
            response = self.ask("GET", place)
            if response.status != 200:
                troubles.append(f"GET {place}: {response.status} {response.data[:120]!r}")
            elif not record:
                record = response.json()
        artifacts = dict(self._artifacts(path, record.get("artifacts") or [], troubles))
        return read_record(record, artifacts, troubles)

    def _artifacts(
        self, job: str, listed: Sequence[Mapping[str, Any]], troubles: list[str]
    ) -> Iterator[tuple[str, Artifact]]:
        for number, each in enumerate(listed):
            name, size = str(each.get("name")), int(each.get("size") or each.get("size_bytes") or 0)
            if number >= ARTIFACTS_READ:
                yield name, Artifact(size)
                continue
            place = f"/jobs/{job}/artifacts/{quote(name, safe='', errors='surrogateescape')}"
            response = self.ask("GET", place)
            if response.status != 200 or len(response.data) != size:
                troubles.append(f"GET {place}: {response.status}, {len(response.data)} bytes")
            yield name, Artifact(size, response.data[:CONTENT_BYTES])


def read_record(
    record: Mapping[str, Any], artifacts: Mapping[str, Artifact], troubles: Sequence[str]
) -> Outcome:
    """Return an execution's record in the words of this package."""
    usage = record.get("resource_usage") or {}
    peak = usage.get("memory_peak_mb", usage.get("max_rss_mb"))
    return Outcome(
        status=str(record.get("status")),
        exit_code=record.get("exit_code"),
        stdout=str(record.get("stdout") or ""),
        stderr=str(record.get("stderr") or ""),
        seconds=_seconds(record),
        output=record.get("output"),
        error_type=(record.get("error") or {}).get("type"),
        stdout_truncated=bool(record.get("stdout_truncated")),
        stderr_truncated=bool(record.get("stderr_truncated")),
        cpu_seconds=usage.get("cpu_time_seconds"),
        peak_memory_bytes=None if peak is None else int(peak * MIB),
        artifacts=artifacts,
        troubles=tuple(troubles),
    )


def _seconds(record: Mapping[str, Any]) -> float:
    spent = (record.get("timing") or {}).get("execution_ms")
    return float(spent if spent is not None else record.get("duration_ms") or 0) / 1000


def _trouble(text: str) -> Outcome:
    return Outcome("unknown", None, troubles=(text,))
