"""What goes over the wire: requests are values, and tests compare them without any server."""

import dataclasses
import datetime as dt
import json
import subprocess
import sys

import pydantic
import pytest

from codegen.compiler import Compiled


def test_importing_operations_imports_neither_models_nor_client(compiled: Compiled) -> None:
    """A server builds its routes from them, and a program that sends nothing pays for nothing."""

    program = "import sys, sample_api.api; print({'pydantic', 'urllib3'} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=compiled.path.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == "set()\n"


def test_path_values_stay_in_their_segment(compiled: Compiled) -> None:
    """A value with slashes, dots and percent signs must not reach another path."""
    request = compiled.api.things.get_thing("../a b/%2F?x#é=")
    assert request.target == "/things/..%2Fa%20b%2F%252F%3Fx%23%C3%A9%3D"


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_path_values_that_would_be_another_path_are_refused(compiled: Compiled, value: str) -> None:
    """Proxies resolve dots even when they are encoded; an empty segment is the list."""
    with pytest.raises(ValueError, match=r"thing_id: .* can't be part of a path"):
        _ = compiled.api.things.get_thing(value).target


def test_path_parameters_follow_the_path_not_the_document(compiled: Compiled) -> None:
    """The document lists the line first; whoever reads the path expects the thing first."""
    assert compiled.api.thing_contents.get_note("t", 3).target == "/things/t/notes/3"


def test_query_values_are_written_by_their_types(compiled: Compiled) -> None:
    """Each type has one form on the wire; what is left out is not sent."""
    models = compiled.models
    request = compiled.api.things.list_things(
        kind=models.ThingKind("SMALL"),
        ids=["a", "b,c"],
        kinds=[models.ThingKind.VERY_LARGE],
        since=dt.datetime(2026, 11, 25, 2, 3, tzinfo=dt.UTC),
        day=dt.date(2026, 11, 25),
        archived=False,
        weight=1.5,
    )
    assert request.query == [
        ("kind", "SMALL"),
        ("ids", "a"),
        ("ids", "b,c"),
        ("kinds", "very-large"),
        ("since", "2026-11-25T02:03:00Z"),
        ("day", "2026-11-25"),
        ("archived", "false"),
        ("weight", "1.5"),
    ]
    assert request.target.startswith("/things?kind=SMALL&ids=a&ids=b%2Cc&")


def test_headers_that_would_break_the_message_are_refused(compiled: Compiled) -> None:
    """A newline in a value would begin another header."""
    with pytest.raises(ValueError, match="Idempotency-Key: a header takes printable ASCII"):
        compiled.api.things.start_thing("t", idempotency_key="a\r\nX: y")


def test_omitted_and_null_are_different(compiled: Compiled) -> None:
    """Null clears, omitted leaves alone: the whole meaning of a merge patch."""
    update = compiled.api.things.update_thing
    changes = compiled.models.UpdateThingRequest
    request = update("t", body=changes(owner=None))
    assert request.content == b'{"owner":null}'
    assert request.headers["Content-Type"] == "application/merge-patch+json"
    assert update("t", body=changes()).content == b"{}"


def test_null_is_refused_where_it_means_nothing(compiled: Compiled) -> None:
    """Only members that can be cleared take None."""
    with pytest.raises(pydantic.ValidationError):
        compiled.models.UpdateThingRequest(kind=None)


def test_misspelt_members_of_requests_are_refused(compiled: Compiled) -> None:
    """The server would refuse them too, only later."""
    with pytest.raises(pydantic.ValidationError):
        compiled.models.UpdateThingRequest(owned="me")


def test_members_with_reserved_names_go_out_under_their_own(compiled: Compiled) -> None:
    """`class` can't be an argument, so it is `class_` in Python only."""
    body = compiled.models.CreateSmallThingRequest(name="n", class_="c")
    request = compiled.api.things.create_thing(body=body)
    assert json.loads(request.content) == {"kind": "small", "name": "n", "class": "c"}


def test_an_optional_body_is_left_out_with_its_media_type(compiled: Compiled) -> None:
    """A Content-Type without a body confuses servers."""
    request = compiled.api.things.start_thing("t", idempotency_key="k")
    assert request.content is None
    assert "Content-Type" not in request.headers
    assert request.headers["Idempotency-Key"] == "k"


def test_a_copy_can_be_changed(compiled: Compiled) -> None:
    """Retries and hooks add headers without knowing the operation."""
    request = compiled.api.things.get_thing("t")
    copy = dataclasses.replace(request, headers={**request.headers, "X-Try": "2"})
    assert copy.target == request.target
    assert copy.headers["X-Try"] == "2"
    assert "X-Try" not in request.headers


def test_operations_describe_what_a_server_needs(compiled: Compiled) -> None:
    """Routes, parameters, body and answers, with pointers to the schemas that judge them."""
    operation = compiled.api.OPERATIONS["start_thing"]
    assert operation is compiled.api.things.START_THING
    assert (operation.method, operation.path) == ("POST", "/things/{thing_id}/start")
    assert [(part.name, part.location, part.required) for part in operation.parameters] == [
        ("thing_id", "path", True),
        ("Idempotency-Key", "header", True),
    ]
    assert (operation.request_media, operation.request_required) == ("application/json", False)
    answers = [(spec.status, spec.kind, spec.model) for spec in operation.responses]
    assert answers == [
        ("200", "json", "Thing"),
        ("202", "json", "Accepted"),
        ("default", "json", "Problem"),
    ]
    document = json.loads((compiled.path / "openapi.json").read_bytes())
    for pointer in (operation.request_schema, *(part.schema for part in operation.parameters)):
        value = document
        for segment in pointer.split("/")[1:]:
            value = value[segment.replace("~1", "/").replace("~0", "~")]
        assert value.keys() & {"type", "$ref"}
    assert compiled.api.OPERATIONS["get_thing"].stage == "beta"
