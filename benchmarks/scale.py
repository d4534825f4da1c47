"""Large evaluations: how fast rows go through, and whether memory stays flat.

Each is run with a tenth of the rows first. If memory is flat, its peak is the same for all rows.
The peer of the speed is the evaluator by itself, called in this process with the same rows.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import urllib3

from benchmarks.processes import Memory, forget_peaks, peaks
from benchmarks.server import Server
from evalwright_server.evaluators.build import build_evaluator
from evalwright_server.sandbox.sandbox import Sandbox

MANAGED_ROWS = 100_000
CUSTOM_ROWS = 20_000
PER_REQUEST = 1_000
WORDS = "The capital of France is Paris, which lies on the Seine. " * 8
MANAGED = {
    "type": "managed",
    "name": "keyword",
    "managed_evaluator": "ContainsAnyKeyword",
    "variables": ["output"],
    "static_params": [
        {"name": "keywords", "type": "STRING_ARRAY", "default_value": ["Paris", "Rome"]}
    ],
}
CUSTOM = {
    "type": "custom",
    "name": "length",
    "variables": ["output"],
    "code": "def evaluate(output, **_):\n    return len(output.split()) / 100",
}

Json = dict[str, Any]


@dataclass(frozen=True)
class Lap:
    """One run: how many rows, in how many seconds, and what memory it took."""

    rows: int
    seconds: float
    memory: Memory


class Api:
    """A bare client."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._pool = urllib3.PoolManager()

    def post(self, path: str, body: object, media_type: str = "application/json") -> Json:
        """Send something and return the answer."""
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        return self._send("POST", path, content, {"Content-Type": media_type})

    def get(self, path: str, **headers: str) -> Json:
        """Read something."""
        return self._send("GET", path, None, headers)

    def _send(self, method: str, path: str, content: bytes | None, headers: Json) -> Json:
        answer = self._pool.request(
            method, self._address + path, body=content, headers=headers, timeout=300
        )
        assert answer.status < 300, answer.data
        return orjson.loads(answer.data) if answer.data.startswith(b"{") else {}


def report(server: Server) -> str:
    """Measure evaluations of experiments and of spans; return text."""
    api = Api(server.address)
    space = api.post("/v2/spaces", {"name": "scale"})["id"]
    header = (
        f"{'Large evaluations':<34}{'rows':>8}{'rows/s':>9}{'of bare':>9}"
        f"{'server MB':>11}{'of 1/10':>9}{'worker MB':>11}{'of 1/10':>9}"
    )
    lines = [header]
    cases: list[tuple[str, Json, int, Callable[[Api, str, Json, int], str]]] = [
        ("managed, experiment", MANAGED, MANAGED_ROWS, experiment_task),
        ("managed, spans", MANAGED, MANAGED_ROWS, span_task),
        ("custom, experiment", CUSTOM, CUSTOM_ROWS, experiment_task),
        ("custom, spans", CUSTOM, CUSTOM_ROWS, span_task),
    ]
    for name, config, rows, prepare in cases:
        laps = []
        for count in (rows // 10, rows):
            place = {"space_id": space, "name": f"{name} {count}"}
            evaluator = api.post("/v2/evaluators", place | evaluator_of(config))["id"]
            task = prepare(api, space, {"name": place["name"], "evaluator_id": evaluator}, count)
            laps.append(lap(api, server.pid, task, count))
        lines.append(line(name, laps, bare_speed(config, rows)))
    return "\n".join([*lines, ""])


def evaluator_of(config: Json) -> Json:
    """Return the body that creates an evaluator, but for its place."""
    return {"type": "code", "version": {"commit_message": "first", "code_config": config}}


def experiment_task(api: Api, space: str, given: Json, count: int) -> str:
    """Fill an experiment and return a task over it."""
    name = given["name"]
    dataset_id = experiment_id = ""
    for start, rows in batches(count):
        examples = [{"question": f"What is number {start + index}?"} for index in range(rows)]
        if not dataset_id:
            body = {"name": name, "space_id": space, "examples": examples}
            dataset_id = api.post("/v2/datasets", body)["id"]
        else:
            api.post(f"/v2/datasets/{dataset_id}/examples", {"examples": examples})
    for runs in experiment_runs(api, dataset_id):
        if not experiment_id:
            body = {"name": name, "dataset_id": dataset_id, "experiment_runs": runs}
            experiment_id = api.post("/v2/experiments", body)["id"]
        else:
            api.post(f"/v2/experiments/{experiment_id}/runs", {"experiment_runs": runs})
    return create_task(api, given, {"dataset_id": dataset_id, "experiment_ids": [experiment_id]})


def experiment_runs(api: Api, dataset_id: str) -> Iterator[list[Json]]:
    """Yield the runs of a system that answers every example."""
    cursor = ""
    pending: list[Json] = []
    while cursor is not None:
        page = api.get(f"/v2/datasets/{dataset_id}/examples?limit=500&cursor={cursor}")
        pending += [{"example_id": each["id"], "output": WORDS} for each in page["examples"]]
        cursor = page["pagination"].get("next_cursor")
        if len(pending) == PER_REQUEST or cursor is None:
            yield pending
            pending = []


def span_task(api: Api, space: str, given: Json, count: int) -> str:
    """Send spans to a project and return a task over it."""
    project = api.post("/v2/projects", {"name": given["name"], "space_id": space})["id"]
    resource = {"attributes": [text("openinference.project.name", given["name"])]}
    now = time.time_ns()
    for start, rows in batches(count):
        spans = [span(start + index + 1, now - 3600 * 10**9) for index in range(rows)]
        group = {"resource": resource, "scopeSpans": [{"spans": spans}]}
        api.post("/v1/traces", {"resourceSpans": [group]})
    return create_task(
        api, given, {"project_id": project}, column_mappings={"output": "output.value"}
    )


def span(number: int, start: int) -> Json:
    """Return a span as OTLP's JSON."""
    return {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": "answer",
        "startTimeUnixNano": str(start + number),
        "endTimeUnixNano": str(start + number + 10**6),
        "attributes": [
            text("openinference.span.kind", "LLM"),
            text("input.value", f"What is number {number}?"),
            text("output.value", WORDS),
        ],
    }


def text(name: str, value: str) -> Json:
    """Return an attribute as OTLP's JSON."""
    return {"key": name, "value": {"stringValue": value}}


def create_task(api: Api, given: Json, target: Json, **use: object) -> str:
    """Create an evaluation task and return its ID."""
    evaluators = [{"evaluator_id": given["evaluator_id"], **use}]
    body = {"name": given["name"], "type": "code_evaluation", "evaluators": evaluators, **target}
    task_id: str = api.post("/v2/tasks", body)["id"]
    return task_id


def lap(api: Api, pid: int, task: str, count: int) -> Lap:
    """Run a task to its end and measure it."""
    forget_peaks(pid)
    started = time.perf_counter()
    limits = {"max_spans": count} if api.get(f"/v2/tasks/{task}").get("project_id") else {}
    run = api.post(f"/v2/tasks/{task}/trigger", limits)
    while run["status"] in {"pending", "running"}:
        run = api.get(f"/v2/task-runs/{run['id']}", Prefer="wait=60")
    seconds = time.perf_counter() - started
    assert (run["status"], run["num_successes"]) == ("completed", count), run
    return Lap(count, seconds, peaks(pid))


def bare_speed(config: Json, count: int) -> float:
    """Return how many rows a second the evaluator judges when it has nothing else to do."""
    rows: Sequence[Mapping[str, Any]] = [{"output": WORDS} for _ in range(count)]

    async def judge() -> float:
        async with Sandbox() as sandbox:
            evaluator = build_evaluator(config, column_mappings=None, sandbox=sandbox)
            await evaluator.evaluate(rows[:1])
            started = time.perf_counter()
            for start, size in batches(count, 500):
                await evaluator.evaluate(rows[start : start + size])
            return time.perf_counter() - started

    return count / asyncio.run(judge())


def line(name: str, laps: Sequence[Lap], bare: float) -> str:
    """Return the figures of a case as a line."""
    tenth, whole = laps
    speed = whole.rows / whole.seconds
    server, worker = whole.memory.server, whole.memory.worker
    return (
        f"{name:<34}{whole.rows:>8}{speed:>9.0f}{speed / bare:>8.2f}x"
        f"{server:>11.0f}{server / tenth.memory.server:>8.2f}x"
        f"{worker:>11.0f}{worker / tenth.memory.worker:>8.2f}x"
    )


def batches(count: int, size: int = PER_REQUEST) -> Iterator[tuple[int, int]]:
    """Yield start and length of the parts of a range."""
    for start in range(0, count, size):
        yield start, min(size, count - start)
