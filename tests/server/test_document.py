"""The document and the server can not drift apart."""

from types import ModuleType

import pytest

from evalwright_server.services import requests
from evalwright_server.web.call import Answer, Call
from evalwright_server.web.document import Document
from evalwright_server.web.operations import (
    ParityError,
    build_routes,
    collect_handlers,
    load_handlers,
)
from server.client import Api


@pytest.fixture(scope="module")
def document() -> Document:
    return Document.bundled()


def test_every_operation_has_its_handler(document: Document) -> None:
    assert set(load_handlers()) == set(document.operations)
    build_routes(document, load_handlers())


def test_handlers_stand_in_a_module_of_their_tag(document: Document) -> None:
    for path in document.tree["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "operationId" in operation:
                handler = load_handlers()[operation["operationId"]]
                words = "".join(
                    word.title() for word in handler.__module__.split(".")[-1].split("_")
                )
                # What has more to it than one file holds goes on in others: Jobs, JobStreams.
                assert words.startswith(operation["tags"][0].removesuffix("s"))


def test_start_up_names_everything_that_does_not_match(document: Document) -> None:
    found = dict(load_handlers())
    for name in ("get_task", "list_runs"):
        del found[name]
    found["brew_coffee"] = answer
    with pytest.raises(ParityError) as caught:
        build_routes(document, found)
    message = str(caught.value)
    assert "operation without handler: get_task" in message
    assert "operation without handler: list_runs" in message
    assert "handler without operation: brew_coffee" in message


async def answer(_call: Call) -> Answer:
    return Answer()


def test_two_handlers_of_one_name_are_refused() -> None:
    modules = []
    for name in ("first", "second"):
        module = ModuleType(name)
        exec("async def twice(call): ...", module.__dict__)
        modules.append(module)
    with pytest.raises(ParityError, match="twice"):
        collect_handlers(modules)


def test_the_document_is_served_as_it_is(api: Api, document: Document) -> None:
    served = api.get("/openapi.json")
    assert served.content == document.content
    assert served.headers["Content-Type"] == "application/json"


def request_types() -> list[str]:
    return [
        name
        for name, value in vars(requests).items()
        if hasattr(value, "__required_keys__") and name != "CreateEvaluationTaskRequest"
    ]


@pytest.mark.parametrize("name", request_types())
def test_the_typed_requests_have_the_members_of_the_document(document: Document, name: str) -> None:
    """They are written by hand for the type checker; here they are held against their source."""
    typed = getattr(requests, name)
    schema = document.schema(name)
    branches = [
        document.resolve(each) for key in ("oneOf", "anyOf") for each in schema.get(key, ())
    ]
    schemas = branches or [schema]
    members = {member for each in schemas for member in each["properties"]}
    required = set.intersection(*(set(each.get("required", ())) for each in schemas))
    assert typed.__required_keys__ | typed.__optional_keys__ == members
    assert typed.__required_keys__ == required


@pytest.mark.parametrize("kind", ["Template", "Code"])
def test_both_kinds_of_evaluation_tasks_are_created_alike(document: Document, kind: str) -> None:
    schema = document.schema(f"Create{kind}EvaluationTaskRequest")
    typed = requests.CreateEvaluationTaskRequest
    assert typed.__required_keys__ | typed.__optional_keys__ == set(schema["properties"])
    assert typed.__required_keys__ == set(schema["required"])
