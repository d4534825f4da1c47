"""Streams: the decoders alone, fed in every way, and streams over real connections."""

import itertools
import json
import threading
from collections.abc import Iterable
from typing import Any

import pytest

from codegen.compiler import Compiled
from codegen.test_answers import THING
from codegen.wire_server import PROBLEM, WireServer, answer, chunk, head

NDJSON = "application/x-ndjson"
SSE = "text/event-stream"
EVENTS = (
    b"\xef\xbb\xbf: a comment\r\n"
    b"retry: 1500\r\nid: 1\r\nevent: run\r\ndata: {\r\ndata:  }\r\n\r\n"
    b"data: 2\r\n\r\n"
    b"event: empty\r\n\r\n"
    b"id: bad\0id\r\nid\r\nretry: soon\r\ndata:3\r\nunknown: field\r\n\r\n"
    b"data: cut off"
)


def decoder(compiled: Compiled, kind: str) -> Any:
    streams = __import__("sample_api.streams", fromlist=["streams"])
    return getattr(streams, kind)(json.loads)


def fed(target: Any, pieces: Iterable[bytes]) -> list[Any]:
    return [*itertools.chain.from_iterable(target.feed(piece) for piece in pieces), *target.close()]


@pytest.mark.parametrize("newline", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_read_as_the_standard_says(
    compiled: Compiled, newline: bytes, size: int
) -> None:
    """Wherever the network cuts and whichever newline the server likes."""
    raw = EVENTS.replace(b"\r\n", newline)
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    events = fed(decoder(compiled, "EventDecoder"), pieces)
    assert [(event.event, event.data, event.id, event.retry) for event in events] == [
        ("run", {}, "1", 1500),
        ("message", 2, "1", None),
        ("message", 3, "", None),
    ]


def test_an_event_is_given_as_soon_as_it_is_complete(compiled: Compiled) -> None:
    """A lone carriage return ends a line; waiting for a newline would hold back the event."""
    target = decoder(compiled, "EventDecoder")
    assert [event.data for event in target.feed(b"data: 1\r\r")] == [1]
    assert [event.data for event in target.feed(b"\ndata: 2\n\n")] == [2]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_lines_are_read_wherever_they_are_cut(compiled: Compiled, size: int) -> None:
    raw = b'{"a": 1}\n\n  \r\n[2]\r\n"last"'
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    assert fed(decoder(compiled, "LineDecoder"), pieces) == [{"a": 1}, [2], "last"]


def test_items_of_a_log_are_models(compiled: Compiled, client: Any, server: WireServer) -> None:
    """Items come while the server is still writing: the first before the second is sent."""
    gate = threading.Event()
    server.play(
        head(200, transfer_encoding="chunked", content_type=NDJSON),
        chunk(b'{"line": "one"}\n{"li'),
        gate,
        chunk(b'ne": "two"}\n'),
        chunk(b""),
    )
    request = compiled.api.thing_contents.stream_log("t")
    with client.stream(request) as entries:
        assert entries.status == 200
        first = next(entries)
        assert first == compiled.models.LogEntry(line="one")
        gate.set()
        assert [entry.line for entry in entries] == ["two"]
    server.play(answer(200, b"", NDJSON))
    with client.stream(request) as entries:
        assert list(entries) == []
    assert server.connections == 1


def test_events_bring_models(compiled: Compiled, client: Any, server: WireServer) -> None:
    """A stream without a length is read as it comes, too."""
    gate = threading.Event()
    thing = json.dumps(THING).encode()
    server.play(
        head(200, content_type=f"{SSE}; charset=utf-8"),
        b"id: 1\nevent: thing\ndata: " + thing + b"\n\n",
        gate,
        b"id: 2\ndata: " + thing + b"\n\n",
        None,
    )
    request = compiled.api.thing_contents.stream_events("t", last_event_id="0")
    with client.stream(request) as events:
        first = next(events)
        assert (first.event, first.id, first.data.id) == ("thing", "1", "t")
        gate.set()
        assert [event.id for event in events] == ["2"]
    assert server.seen[0].headers["last-event-id"] == "0"
    assert server.seen[0].headers["accept"] == "text/event-stream, application/problem+json"


def test_leaving_a_stream_early_closes_its_connection(
    compiled: Compiled, client: Any, server: WireServer
) -> None:
    """A connection left half-read would give its rest to the next request."""
    server.play(
        head(200, transfer_encoding="chunked", content_type=NDJSON),
        chunk(b'{"line": "one"}\n'),
        threading.Event(),
    )
    with client.stream(compiled.api.thing_contents.stream_log("t")) as entries:
        next(entries)
    server.play(answer(200, THING))
    assert client.send(compiled.api.things.get_thing("t")).id == "t"
    assert server.connections == 2


def test_a_refused_stream_raises_what_was_said(
    compiled: Compiled, client: Any, server: WireServer
) -> None:
    request = compiled.api.thing_contents.stream_log("t")
    server.play(answer(404, {"title": "Not Found", "status": 404}, PROBLEM))
    with pytest.raises(compiled.errors.ProblemError, match="404 Not Found"):
        client.stream(request).__enter__()
    server.play(answer(200, b"<html>", "text/html"))
    with pytest.raises(compiled.errors.UnexpectedResponse, match="the body is text/html"):
        client.stream(request).__enter__()
    server.play(head(204, content_length="0"))
    with pytest.raises(compiled.errors.UnexpectedResponse, match="204 No Content"):
        client.stream(request).__enter__()


@pytest.mark.parametrize(
    ("pieces", "error"),
    [
        ([chunk(b'{"line": 5}\n'), chunk(b"")], "UnexpectedResponse"),
        ([chunk(b'{"line": "cut'), chunk(b"")], "UnexpectedResponse"),
        ([chunk(b'{"line": "one"}\n')], "TransportError"),
    ],
)
def test_a_stream_that_breaks_raises_while_it_is_read(
    compiled: Compiled, client: Any, server: WireServer, pieces: list[bytes], error: str
) -> None:
    """An end that is none must not look like the end of the log."""
    server.play(head(200, transfer_encoding="chunked", content_type=NDJSON), *pieces, None)
    with (
        client.stream(compiled.api.thing_contents.stream_log("t")) as entries,
        pytest.raises(getattr(compiled.errors, error)),
    ):
        list(entries)


def test_a_silent_stream_times_out(compiled: Compiled, client: Any, server: WireServer) -> None:
    server.play(head(200, content_type=SSE), threading.Event())
    request = compiled.api.thing_contents.stream_events("t")
    with client.stream(request, timeout=0.05) as events, pytest.raises(compiled.errors.ReadTimeout):
        next(events)


def test_a_download_comes_in_pieces(compiled: Compiled, client: Any, server: WireServer) -> None:
    """What does not fit into memory can still be fetched."""
    gate = threading.Event()
    server.play(
        head(200, content_length="200000", content_type="application/octet-stream"),
        b"a" * 100_000,
        gate,
        b"b" * 100_000,
    )
    request = compiled.api.thing_contents.get_content("t")
    with client.download(request) as pieces:
        assert next(pieces).strip(b"a") == b""
        gate.set()
        assert b"".join(pieces).count(b"b") == 100_000
    server.play(head(304, content_length="0"))
    with client.download(request) as pieces:
        assert (pieces.status, list(pieces)) == (304, [])
    server.play(answer(404, {"title": "Not Found", "status": 404}, PROBLEM))
    with pytest.raises(compiled.errors.ProblemError):
        client.download(request).__enter__()
    server.play(answer(200, b"<html>", "text/html"))
    with pytest.raises(compiled.errors.UnexpectedResponse):
        client.download(request).__enter__()


def test_a_download_that_breaks_off_is_no_download(
    compiled: Compiled, client: Any, server: WireServer
) -> None:
    server.play(
        head(200, content_length="10", content_type="application/octet-stream"), b"12345", None
    )
    request = compiled.api.thing_contents.get_content("t")
    with client.download(request) as pieces, pytest.raises(compiled.errors.TransportError):
        list(pieces)
