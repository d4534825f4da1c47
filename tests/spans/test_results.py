"""What a run over spans did, span by span."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from server.client import Api, at
from server.scenes import Scene
from spans.exports import export_of, send, span


def test_results_name_spans(api: Api, scene: Scene, unique: Callable[[str], str]) -> None:
    name = unique("app")
    good = span(output="a", expected="a", age=30)
    bad = span(output="b", age=20)
    send(api, export_of([good, bad], name), X_Evalwright_Space=scene.space)
    rows = api.get(at("/v2/projects?space_id={}", scene.space)).body["projects"]
    (project,) = (row["id"] for row in rows if row["name"] == name)
    body = scene.project_task() | {"project_id": project}
    task = api.make("/v2/tasks", body)["id"]
    hour = {"data_start_time": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}

    def run() -> str:
        made: str = api.make(at("/v2/tasks/{}/trigger", task), hour)["id"]
        done = api.get(at("/v2/task-runs/{}", made), Prefer="wait=30").body
        assert done["status"] == "completed", done
        return made

    def results(run_id: str, query: str = "") -> list[tuple[str, str]]:
        page = api.get(at("/v2/task-runs/{}/results", run_id) + query).body["results"]
        assert all(each["experiment_id"] is each["example_id"] is None for each in page)
        return [(each["row_id"], each["outcome"]) for each in page]

    good_id, bad_id = good.span_id.hex(), bad.span_id.hex()
    first, second = run(), run()
    assert sorted(results(second)) == [(good_id, "skipped"), (bad_id, "error")]
    assert results(second, "?outcome=skipped") == [(good_id, "skipped")]
    assert results(first) == [(good_id, "judged")], "the other one was tried again"
