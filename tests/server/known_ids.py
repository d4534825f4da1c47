"""IDs of things that are there, for requests that are made up."""

from contextlib import suppress
from typing import Any

from evalwright_server.store.ids import InvalidId, decode
from server.client import Api, at
from server.jobs import submit
from server.scenes import build_scene, unique_name


def known_ids(api: Api) -> dict[str, Any]:
    """Make something of everything, and return an ID for every parameter and member."""
    scene = build_scene(api)
    task = api.make("/v2/tasks", scene.task())["id"]
    evaluator = api.get(at("/v2/evaluators/{}", scene.evaluator)).body
    integration = {"name": unique_name("contract"), "provider": "custom"}
    (organization,) = api.get("/v2/organizations").body["organizations"]
    version = evaluator["version"]["id"]
    return {
        "space_id": scene.space,
        "project_id": scene.project,
        "dataset_id": scene.dataset,
        "experiment_id": scene.experiment,
        "experiment_ids": [scene.experiment],
        "evaluator_id": scene.evaluator,
        "evaluator_version_id": version,
        "version_id": version,
        "version_ids": [version],
        "integration_id": api.make("/v2/ai-integrations", integration)["id"],
        "task_id": task,
        "run_id": api.make(at("/v2/tasks/{}/trigger", task), {})["id"],
        "organization_id": organization["id"],
        "org_id": organization["id"],
        "user_id": evaluator["created_by_user_id"],
        "example_id": scene.examples[0],
        "example_ids": scene.examples[:1],
        "record_id": scene.examples[1],
        "job_id": submit(api),
        "execution_id": submit(api),
        "cursor": "",
        "dataset_version_id": "",
    }


def point(value: object, known: dict[str, Any]) -> None:
    """Put known IDs into a generated value wherever a member asks for one and has none."""
    if isinstance(value, list):
        for each in value:
            point(each, known)
    if isinstance(value, dict):
        for name in value:
            if name not in known:
                point(value[name], known)
            elif not is_id(value[name]):
                value[name] = known[name]


def is_id(value: object) -> bool:
    """Tell whether a value is an ID, of whatever."""
    with suppress(InvalidId):
        return isinstance(value, str) and bool(decode(value))
    return False
