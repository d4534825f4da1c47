"""Whatever comes over the wire to the family of jobs, it is answered as the document says."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fixtures_server import RunningServer
from server.client import Api, Reply
from server.jobs import submit

QUICK = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
MEMBERS = (
    "code", "input_data", "timeout", "startup_timeout", "job_type", "idempotency_key",
    "requirements", "limits", "webhook", "cdoe",
)  # fmt: skip
LIMITS = ("memory_mb", "cpu_seconds", "cpus", "processes", "files", "stream_bytes", "artifacts")

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=40),
    st.sampled_from(["", " ", "\0", "default", "default@latest", "x" * 300, "5", "1e3", "é"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*LIMITS, "url", "headers", "secret", "a"]), inner)
    ),
    max_leaves=8,
)
BODIES = st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=6)
WORDS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["..", ".", "a/../b", "%", "\0", "\ud800", "a" * 3000, "*", "result.json"]),
)


@pytest.fixture(scope="module")
def api(idle_server: RunningServer) -> Iterator[Api]:
    """A server without workers: what is accepted stays where it is."""
    client = Api(idle_server.url)
    yield client
    client.pool.clear()


@pytest.fixture(scope="module")
def job(api: Api) -> str:
    return submit(api)


def check(reply: Reply, *allowed: int) -> None:
    """An answer is what it may be, and a refusal explains itself."""
    assert reply.status in allowed, (reply.status, reply.content)
    if reply.status >= 400 and reply.content:
        assert reply.body["detail"]
        assert reply.body["correlation_id"] == reply.headers["X-Correlation-ID"]


def escaped(word: str) -> str:
    return quote(word.encode("utf-8", "surrogatepass"), safe="")


@QUICK
@given(body=BODIES)
@example(body={"code": "x", "timeout": 10**400})
@example(body={"code": "x", "timeout": "9" * 400})
@example(body={"code": "x", "limits": {"cpus": 1e-320}})
@example(body={"code": "x", "limits": {"memory_mb": 2**70}})
@example(body={"code": "x", "input_data": {"\0": "\0"}})
@example(body={"code": "\ufeffprint(1)"})
@example(body={"code": "x", "webhook": {"url": "http://[::1", "headers": {"\r\n": "x"}}})
def test_any_body(api: Api, body: dict[str, object]) -> None:
    content = json.dumps(body).encode()
    check(api.send("POST", "/execute/async", content=content), 200, 409, 422)


@QUICK
@given(value=st.one_of(VALUES, st.dictionaries(st.text(max_size=5), VALUES)))
def test_any_input_that_is_taken_is_told_again(api: Api, value: object) -> None:
    content = json.dumps({"code": "x", "input_data": value}).encode()
    reply = api.send("POST", "/execute/async", content=content)
    check(reply, 200, 422)
    if reply.status == 200:
        check(api.get(f"/jobs/{reply.body['job_id']}?view=full"), 200)


@QUICK
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=60).map(str.encode)))
@example(content=b"\xef\xbb\xbf{}")
@example(content=b'{"code": "x"')
@example(content=b'{"code": "x", "code": "y"}')
@example(content=b'{"code": "\\ud83d"}')
@example(content=b"\x00")
def test_any_bytes(api: Api, job: str, content: bytes) -> None:
    for path in ("/execute/async", f"/jobs/{job}/fork"):
        check(api.send("POST", path, content=content), 200, 422)
    # No body at all is fine for a rerun, which a waiting job refuses.
    check(api.send("POST", f"/jobs/{job}/rerun", content=content), 400, 422)


@QUICK
@given(word=WORDS)
def test_any_name(api: Api, job: str, word: str) -> None:
    name = escaped(word)
    paths = [f"/jobs/{job}/artifacts/{name}"]
    paths += [f"/jobs/{name}{rest}" for rest in ("", "/result", "/artifacts.zip", "/events")]
    paths += [f"/executions/{name}", f"/job-types/{name}", f"/environments/{name}"]
    if word in {"", ".", ".."}:
        return  # A client makes another path of it.
    for path in paths:
        check(api.get(path), 200, 404, 405)


@QUICK
@given(number=st.one_of(st.integers(), st.integers(-(10**30), 10**30)), word=WORDS)
@example(number=2**63, word="x")
@example(number=2**63 - 1, word="x")
@example(number=-(2**63) - 1, word="\0")
@example(number=10**5000, word="x")
def test_any_page(api: Api, number: int, word: str) -> None:
    digits = f"1{'0' * 5000}" if number >= 10**5000 else str(number)
    for path in ("/executions", "/dlq"):
        check(api.get(f"{path}?offset={digits}"), 200, 422)
        check(api.get(f"{path}?limit={digits}"), 200, 422)
    text = escaped(word)
    check(api.get(f"/executions?status={text}&job_type={text}&view={text}"), 200, 422)
    check(api.send("DELETE", f"/dlq/{digits}"), 200, 404, 422)


@QUICK
@given(word=WORDS)
def test_any_query(api: Api, job: str, word: str) -> None:
    text = escaped(word)
    check(api.get(f"/jobs/{job}?view={text}"), 200, 422)
    check(api.get(f"/jobs/{job}/result?wait={text}&timeout=1"), 200, 408, 422)
    check(api.get(f"/jobs/{job}/result?wait=false&timeout={text}"), 200, 422)
    check(api.get(f"/jobs/{job}?{text}=1"), 200, 422)


FIELDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.strip)


@QUICK
@given(value=FIELDS)
@example(value="bytes=0-")
@example(value='W/"x", "y"')
@example(value="wait=1e400")
@example(value="wait=-1")
@example(value="9" * 400)
def test_any_header(api: Api, job: str, value: str) -> None:
    names = ("If-None-Match", "Range", "If-Range", "If-Modified-Since", "Accept",
             "X-Correlation-ID", "Content-Type", "Idempotency-Key")  # fmt: skip
    for name in names:
        check(api.get(f"/jobs/{job}", **{name: value}), 200, 304, 406, 422)
        check(api.get(f"/jobs/{job}/artifacts/x", **{name: value}), 404, 406, 416)
    check(api.post("/execute/async", {"code": ""}, **{"X-Correlation-ID": value}), 422)


def test_after_all_that_the_lists_still_work(api: Api) -> None:
    offset, seen = 0, 0
    while True:
        page = api.get(f"/executions?view=full&limit=200&offset={offset}")
        assert page.status == 200
        seen += page.body["count"]
        offset += 200
        if not page.body["has_more"]:
            break
    assert seen
    assert api.get("/health").status == 200


def test_ids_that_differ_in_case_or_form_are_others(api: Api, job: str) -> None:
    for other in (job.upper(), f"{{{job}}}", job.replace("-", ""), f"{job} ", f"{job}\0"):
        if other != job:
            check(api.get(f"/jobs/{quote(other)}"), 404)
    assert api.get(f"/jobs/{job}").status == 200


def test_a_slow_or_broken_body_costs_nobody_else(api: Api, idle_server: RunningServer) -> None:
    """A client that promises more than it sends, and goes away."""
    import socket

    host, port = idle_server.host.rsplit(":", 1)
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            b"POST /execute/async HTTP/1.1\r\nHost: "
            + idle_server.host.encode()
            + b'\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"code": '
        )
        assert api.get("/health").status == 200
    submit(api)
