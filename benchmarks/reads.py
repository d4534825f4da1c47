"""GET of one task and of a page of 100, through TasksClient and through bare urllib3 + orjson."""

import urllib.parse

import orjson
import urllib3

from benchmarks.measure import race
from evalwright import Evalwright, TasksClient

TASKS = 100
SPACE = "bench reads"


def report(address: str) -> str:
    """Measure both reads against a server and return the figures as text."""
    with Evalwright(base_url=address) as client:
        task_id = fill(client)
    parsed = urllib.parse.urlsplit(address)
    pool = urllib3.HTTPConnectionPool(parsed.hostname or "", parsed.port)
    with TasksClient(base_url=address) as tasks:
        one = race(
            {
                "urllib3 + orjson, GET task": lambda: raw(
                    pool, f"/v2/tasks/{urllib.parse.quote(task_id)}"
                ),
                "TasksClient.get, by ID": lambda: tasks.get(task=task_id),
            },
            peer="urllib3 + orjson, GET task",
        )
        page = race(
            {
                "urllib3 + orjson, list of 100": lambda: raw(pool, f"/v2/tasks?limit={TASKS}"),
                "TasksClient.list, 100": lambda: tasks.list(limit=TASKS),
            },
            peer="urllib3 + orjson, list of 100",
        )
    return "\n".join(["Reads of tasks", *(contest.row() for contest in (*one, *page)), ""])


def raw(pool: urllib3.HTTPConnectionPool, target: str) -> object:
    """Read a JSON document with as little as possible around it."""
    answer = pool.urlopen("GET", target, redirect=False, retries=False)
    return orjson.loads(answer.data)


def fill(client: Evalwright) -> str:
    """Create a page of tasks over one dataset and return the ID of one of them."""
    client.spaces.create(name=SPACE)
    client.datasets.create(
        name="rows", space=SPACE, examples=[{"question": "1 + 1?", "reference": "2"}]
    )
    example = next(iter(client.datasets.iter_examples(dataset="rows", space=SPACE)))
    runs = [{"example_id": example.id, "output": "2"}]
    client.experiments.create(name="answers", dataset="rows", space=SPACE, experiment_runs=runs)
    config = {
        "type": "managed",
        "name": "exact",
        "managed_evaluator": "ExactMatch",
        "variables": ["output", "reference"],
    }
    client.evaluators.create_code_evaluator(name="exact", space=SPACE, code_config=config)
    for number in range(TASKS):
        task = client.tasks.create_evaluation_task(
            name=f"task {number}",
            task_type="code_evaluation",
            dataset="rows",
            space=SPACE,
            experiments=["answers"],
            evaluators=["exact"],
        )
    return task.id
