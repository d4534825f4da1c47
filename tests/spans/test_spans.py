"""Listing, deleting and annotating spans."""

from datetime import UTC, datetime, timedelta

import pytest

from server.client import Api
from server.scenes import Scene
from spans.exports import export_of, send, span
from spans.test_ingest import answer, spans_of

DAY = 86_400


def fill(api: Api, scene: Scene, *ages: float) -> list[str]:
    """Send spans that began so many seconds ago, and return their IDs."""
    sent = [span(f"s{index}", age=age, n=index) for index, age in enumerate(ages)]
    answer(send(api, export_of(sent, "chat"), X_Evalwright_Space=scene.space))
    return [each.span_id.hex() for each in sent]


def walk(api: Api, body: dict[str, str], *, limit: int) -> list[str]:
    """Return the names on all pages of a list."""
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        reply = api.post(f"/v2/spans?limit={limit}&cursor={cursor}", body)
        assert reply.status == 200, reply.content
        names += [each["name"] for each in reply.body["spans"]]
        cursor = reply.body["pagination"].get("next_cursor")
    return names


def ago(**parts: float) -> str:
    return (datetime.now(UTC) - timedelta(**parts)).isoformat()


def test_spans_are_listed_newest_first(api: Api, scene: Scene) -> None:
    fill(api, scene, 60, 20, 40)
    assert [each["name"] for each in spans_of(api, scene.project)] == ["s1", "s2", "s0"]


def test_pages_go_on_where_they_ended(api: Api, scene: Scene) -> None:
    """Also among spans that began at the same moment."""
    fill(api, scene, *[30.0] * 3, *range(40, 44))
    body = {"project_id": scene.project}
    names = walk(api, body, limit=2)
    assert sorted(names) == [f"s{n}" for n in range(7)]


def test_the_last_week_is_listed(api: Api, scene: Scene) -> None:
    """Unless another window is asked for."""
    fill(api, scene, 60, 8 * DAY)
    assert [each["name"] for each in spans_of(api, scene.project)] == ["s0"]
    assert len(spans_of(api, scene.project, start_time=ago(days=9))) == 2
    older = spans_of(api, scene.project, start_time=ago(days=9), end_time=ago(days=1))
    assert [each["name"] for each in older] == ["s1"]
    reply = api.post("/v2/spans", {"project_id": scene.project, "end_time": ago(days=8)})
    assert (reply.status, reply.pointers()) == (400, ["/end_time"])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("attributes.n >= 1 AND n <> 2", ["s3", "s1"]),
        ("latency_ms = 5 AND n > 1", ["s3", "s2"]),
        ("latency_ms > 5", []),
        ("name IN ('s0', 's9')", ["s0"]),
        ("", ["s3", "s2", "s1", "s0"]),
    ],
)
def test_filters_narrow_the_list(api: Api, scene: Scene, text: str, names: list[str]) -> None:
    """Those that the database decides, and those that take looking at spans."""
    fill(api, scene, 40, 30, 20, 10)
    assert [each["name"] for each in spans_of(api, scene.project, filter=text)] == names


def test_filters_that_are_none_are_refused(api: Api, scene: Scene) -> None:
    """With the place of the mistake."""
    reply = api.post("/v2/spans", {"project_id": scene.project, "filter": "n = 1; DROP TABLE"})
    assert (reply.status, reply.pointers()) == (400, ["/filter"])
    assert "(at character 6)" in reply.body["detail"]


def test_pages_of_filtered_spans_go_on(api: Api, scene: Scene) -> None:
    fill(api, scene, *range(10, 40))
    body = {"project_id": scene.project, "filter": "latency_ms = 5 AND name LIKE 's1_'"}
    names = walk(api, body, limit=3)
    assert names == [f"s{n}" for n in range(10, 20)]


def test_spans_are_deleted(api: Api, scene: Scene) -> None:
    """The answer names those that there were; IDs are hex, in capitals or not."""
    one, two = fill(api, scene, 20, 10)
    body = {"project_id": scene.project, "span_ids": [one.upper(), "0" * 16]}
    reply = api.send("DELETE", "/v2/spans", body)
    answered = {
        "completed": False,
        "deleted_span_ids": [one.upper()],
        "not_deleted_span_ids": ["0" * 16],
    }
    assert (reply.status, reply.body) == (200, answered)
    assert [each["context"]["span_id"] for each in spans_of(api, scene.project)] == [two]
    assert api.send("DELETE", "/v2/spans", body).body["deleted_span_ids"] == []


def test_spans_of_other_projects_stay(api: Api, scene: Scene) -> None:
    (one,) = fill(api, scene, 20)
    other = api.make("/v2/projects", {"name": "other", "space_id": scene.space})["id"]
    body = {"project_id": other, "span_ids": [one]}
    assert api.send("DELETE", "/v2/spans", body).body["deleted_span_ids"] == []
    values = [{"record_id": one, "values": [{"name": "quality", "score": 1}]}]
    reply = api.post("/v2/spans/annotate", {"project_id": other, "annotations": values})
    assert reply.status == 404
    assert len(spans_of(api, scene.project)) == 1


def test_annotations_are_merged(api: Api, scene: Scene) -> None:
    """A value that is left out stays as it was; filters see them."""
    one, two = fill(api, scene, 20, 10)

    def annotate(span_id: str, **values: object) -> None:
        given = [{"record_id": span_id, "values": [{"name": "quality", **values}]}]
        body = {"project_id": scene.project, "annotations": given}
        reply = api.post("/v2/spans/annotate", body)
        assert (reply.status, reply.content) == (202, b"")

    annotate(one, score=0.5, label="so-so")
    annotate(one, text="hm", score=0.75)
    annotate(two, label="good")
    newest, oldest = spans_of(api, scene.project)
    (annotation,) = oldest["annotations"]
    assert annotation["score"] == 0.75
    assert (annotation["label"], annotation["text"]) == ("so-so", "hm")
    assert annotation["annotator"]["email"]
    chosen = spans_of(api, scene.project, filter="annotation.quality.label = 'good'")
    assert chosen == [newest]


def test_annotations_of_spans_that_are_not_there_are_refused(api: Api, scene: Scene) -> None:
    """All of them are named, and nothing is written."""
    (one,) = fill(api, scene, 40 * DAY)
    values = [{"name": "quality", "score": 1}]
    given = [{"record_id": each, "values": values} for each in (one, "nothing")]
    body = {"project_id": scene.project, "annotations": given}
    reply = api.post("/v2/spans/annotate", body)
    assert reply.status == 404
    assert reply.pointers() == [f"/annotations/{index}/record_id" for index in (0, 1)]
    early = api.post("/v2/spans/annotate", {**body, "start_time": ago(days=50)})
    assert early.pointers() == ["/annotations/1/record_id"]
