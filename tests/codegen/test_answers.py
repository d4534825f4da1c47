"""What comes back, over real connections."""

import pickle
import threading
from typing import Any

import pytest

from codegen.compiler import Compiled
from codegen.wire_server import JSON, PROBLEM, WireServer, answer, chunk, head

THING: dict[str, Any] = {
    "id": "t",
    "kind": "small",
    "class": "c",
    "owner": None,
    "labels": {"a": "b"},
    "made_at": "2026-11-25T02:03:00Z",
    "parent": None,
}


def test_json_becomes_a_model(compiled: Compiled, client: Any, server: WireServer) -> None:
    server.play(answer(200, THING))
    thing = client.send(compiled.api.things.get_thing("t"))
    assert isinstance(thing, compiled.models.Thing)
    assert (thing.id, thing.class_, thing.labels) == ("t", "c", {"a": "b"})
    assert thing.kind is compiled.models.ThingKind.SMALL
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("GET", "/root/things/t")
    assert seen.headers["accept"] == "application/json, application/problem+json"
    assert seen.headers["x-client"] == "a"


def test_status_and_headers_are_there_when_wanted(
    compiled: Compiled, client: Any, server: WireServer
) -> None:
    server.play(answer(200, THING, etag='"7"'))
    response = client.send_full(compiled.api.things.get_thing("t"))
    assert (response.status, response.headers["ETag"], response.value.id) == (200, '"7"', "t")
    assert response.headers.get("etag") == '"7"'


def test_newer_servers_are_understood(compiled: Compiled, client: Any, server: WireServer) -> None:
    """Unknown members are ignored, unknown enum values kept."""
    server.play(answer(200, {**THING, "kind": "enormous", "mood": "good"}))
    thing = client.send(compiled.api.things.get_thing("t"))
    assert thing.kind == "enormous"
    assert not thing.kind.is_known
    assert thing.model_dump(mode="json")["kind"] == "enormous"
    assert compiled.models.ThingKind.SMALL.is_known


def test_unknown_enum_values_survive_pickling(compiled: Compiled) -> None:
    kind = compiled.models.ThingKind("enormous")
    assert pickle.loads(pickle.dumps(kind)) == kind
    known = compiled.models.ThingKind.SMALL
    assert pickle.loads(pickle.dumps(known)) is known


def test_unions_are_read_by_their_tag(compiled: Compiled, client: Any, server: WireServer) -> None:
    """A new variant is kept whole; a known one that is malformed is still an error."""
    shapes = [
        {"type": "circle", "radius": 1.0},
        {"type": "square", "side": 2.0},
        {"type": "blob", "mass": 3},
    ]
    server.play(answer(200, {"shapes": shapes}))
    circle, square, blob = client.send(compiled.api.things.list_shapes()).shapes
    models = compiled.models
    assert isinstance(circle, models.Circle)
    assert isinstance(square, models.Square)
    assert isinstance(blob, models.UnknownShape)
    assert blob.model_dump() == {"type": "blob", "mass": 3}
    server.play(answer(200, {"shapes": [{"type": "circle"}]}))
    with pytest.raises(compiled.errors.UnexpectedResponse, match="radius: Field required"):
        client.send(compiled.api.things.list_shapes())


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [(200, THING, "Thing"), (202, {"position": 2}, "Accepted")],
)
def test_the_status_decides_between_two_good_answers(
    compiled: Compiled, client: Any, server: WireServer, status: int, body: object, expected: str
) -> None:
    server.play(answer(status, body))
    body_model = compiled.models.StartThingRequest(speed=3)
    request = compiled.api.things.start_thing("t", idempotency_key="k", body=body_model)
    assert type(client.send(request)).__name__ == expected
    assert server.seen[0].body == b'{"speed":3}'


def test_not_modified_is_a_value(compiled: Compiled, client: Any, server: WireServer) -> None:
    """Nothing went wrong, so nothing is raised."""
    server.play(head(304, etag='"7"', content_length="0"))
    value = client.send(compiled.api.things.get_thing("t", if_none_match='"7"'))
    assert isinstance(value, compiled.types.NotModified)
    assert value.headers["ETag"] == '"7"'
    assert server.seen[0].headers["if-none-match"] == '"7"'


def test_answers_without_body(compiled: Compiled, client: Any, server: WireServer) -> None:
    server.play(head(204, content_length="0"))
    assert client.send(compiled.api.things.delete_thing("t")) is None
    server.play(head(200, content_length="1234", etag='"7"', content_type=JSON))
    response = client.send_full(compiled.api.things.head_thing("t"))
    assert (response.value, response.headers["etag"]) == (None, '"7"')
    assert server.seen[1].method == "HEAD"


def test_text(compiled: Compiled, client: Any, server: WireServer) -> None:
    server.play(answer(200, "grün".encode(), "text/plain; charset=utf-8"))
    assert client.send(compiled.api.thing_contents.get_note("t", 1)) == "grün"
    server.play(answer(200, "grün".encode("latin-1"), "text/plain; charset=ISO-8859-1"))
    assert client.send(compiled.api.thing_contents.get_note("t", 1)) == "grün"


def test_binary_goes_up_and_comes_down(compiled: Compiled, client: Any, server: WireServer) -> None:
    contents = compiled.api.thing_contents
    data = bytes(range(256))
    server.play(head(204, content_length="0"))
    client.send(contents.put_content("t", body=data))
    assert server.seen[0].body == data
    assert server.seen[0].headers["content-type"] == "application/octet-stream"
    for media in ("application/octet-stream", "image/png"):
        server.play(answer(200, data, media))
        assert client.send(contents.get_content("t")) == data


def test_a_problem_is_raised_with_all_it_says(
    compiled: Compiled, client: Any, server: WireServer
) -> None:
    body = {"title": "Not Found", "status": 404, "detail": "no thing 't'"}
    server.play(answer(404, body, PROBLEM, x_request_id="r1"))
    with pytest.raises(compiled.errors.ProblemError) as raised:
        client.send(compiled.api.things.get_thing("t"))
    error = raised.value
    assert (error.status, error.problem.detail) == (404, "no thing 't'")
    assert error.headers["X-Request-Id"] == "r1"
    assert str(error) == "404 Not Found: no thing 't'"
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.problem, dict(copy.headers)) == (
        str(error),
        error.problem,
        dict(error.headers),
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            answer(502, b"<h1>Bad gateway</h1>", "text/html"),
            "502 Bad Gateway: the body is text/html",
        ),
        (answer(404, b"", None), "404 Not Found: refused without saying why"),
        (answer(404, b"{", PROBLEM), "404 Not Found: the body is no JSON"),
        (answer(404, {"error": "no"}, PROBLEM), "404 Not Found: the body is no Problem: title: Fi"),
        (
            answer(200, b"<h1>Sign in</h1>", "text/html"),
            "200 OK: the body is text/html; expected app",
        ),
        (answer(200, b'{"id": "t", ', JSON), "200 OK: the body is no JSON"),
        (answer(200, {"id": 5}), "200 OK: the body is no Thing: id: .* more"),
        (answer(200, b"", None), "200 OK: the body is no JSON"),
        (answer(206, THING), "206 Partial Content: no such answer is documented for get_thing"),
        (answer(302, b"", None, location="/x"), "302 Found: redirects are not followed .to /x"),
        (answer(299 - 98, THING), "201 Created: no such answer"),
    ],
)
def test_other_answers_say_what_came(
    compiled: Compiled, client: Any, server: WireServer, raw: bytes, expected: str
) -> None:
    """No JSON or validation error gets out, whatever a proxy or a broken server sends."""
    server.play(raw)
    with pytest.raises(compiled.errors.UnexpectedResponse, match=expected) as raised:
        client.send(compiled.api.things.get_thing("t"))
    error = raised.value
    assert raw.endswith(error.body)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_json_may_come_without_saying_so(
    compiled: Compiled, client: Any, server: WireServer
) -> None:
    """A missing Content-Type leaves the choice to the reader (RFC 9110)."""
    server.play(answer(200, THING, None))
    assert client.send(compiled.api.things.get_thing("t")).id == "t"


def test_connections_are_reused(compiled: Compiled, client: Any, server: WireServer) -> None:
    for _ in range(3):
        server.play(answer(200, THING))
        client.send(compiled.api.things.get_thing("t"))
    assert server.connections == 1


def test_no_connection(compiled: Compiled) -> None:
    """Nothing was sent, so a caller may try again whatever the method."""
    client = compiled.client.Client("http://127.0.0.1:1")
    with pytest.raises(compiled.errors.ConnectError, match="refused") as raised:
        client.send(compiled.api.things.get_thing("t"))
    assert not raised.value.timed_out
    assert raised.value.__cause__ is not None
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_no_answer_in_time(compiled: Compiled, client: Any, server: WireServer) -> None:
    """The time-out of a call wins over the client's."""
    server.play(threading.Event())
    with pytest.raises(compiled.errors.ReadTimeout) as raised:
        client.send(compiled.api.things.get_thing("t"), timeout=0.05)
    assert raised.value.timed_out


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        head(200, content_length="100", content_type=JSON) + b"{",
        head(200, transfer_encoding="chunked", content_type=JSON) + chunk(b"{"),
        b"SSH-2.0-OpenSSH\r\n\r\n",
    ],
)
def test_a_connection_that_breaks(
    compiled: Compiled, client: Any, server: WireServer, raw: bytes
) -> None:
    """Half an answer is none: it is not taken for a whole one."""
    server.play(raw, None)
    with pytest.raises(compiled.errors.TransportError):
        client.send(compiled.api.things.get_thing("t"), timeout=5)


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://host", "http://", "http://h?x=1"])
def test_a_base_url_that_can_not_work_is_refused(compiled: Compiled, url: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        compiled.client.Client(url)


def test_a_pool_may_be_shared(compiled: Compiled, server: WireServer) -> None:
    """A program behind a proxy brings its own pool, and closes it itself."""
    import urllib3

    with urllib3.PoolManager() as manager:
        pool = manager.connection_from_url(server.url)
        for _ in range(2):
            server.play(answer(200, THING))
            with compiled.client.Client(server.url, pool=pool) as client:
                assert client.send(compiled.api.things.get_thing("t")).id == "t"
    assert server.connections == 1
