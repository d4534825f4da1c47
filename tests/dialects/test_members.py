"""Which members each generation gets, and what becomes of members it calls otherwise."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.answers import schemas_of_answers
from evalwright_server.web.dialects.generations import GENERATIONS
from evalwright_server.web.dialects.members import (
    MEMBERS,
    WITH_SPACES_OF_EXPERIMENTS,
    WITHOUT_EXPERIMENTS,
)
from evalwright_server.web.dialects.translation import Interpreter, Translator
from evalwright_server.web.document import Document

OWN = {
    "Task": {"space_id"},
    "TaskEvaluator": {"evaluator_version_id"},
    "TaskRun": {"failure_reason", "note", "progress"},
    "Space": {"organization_id"},
    "TemplateConfig": {"use_structured_output"},
    "SpanEvaluation": {"error"},
    "InvocationParameters": {
        "top_k",
        "thinking_level",
        "thinking_budget",
        "reasoning_effort",
        "verbosity",
    },
}
"""Members of ours that clients up to 8.47 would refuse to read."""
NEVER_ASKED_FOR = {
    "CircuitBreaker",
    "Health",
    "MissingLayer",
    "QueueStats",
    "SandboxHealth",
    "Run",
    "RunList",
    "RunProgress",
    "TaskRunResult",
    "TaskRunResultList",
    "DeleteEvaluatorVersionsResponse",
}
"""Answers to operations that no client before 8.48 has."""
NEVER_SENT = {"experiment_traces_project_id"}
FREE_ROWS = {"DatasetExample", "ExperimentRun"}
DOCUMENT = Document.bundled()
COMPONENTS = DOCUMENT.tree["components"]["schemas"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def test_every_answer_of_an_old_client_is_listed() -> None:
    """A component or member that is added to the document needs a decision here."""
    sent_back = {name: COMPONENTS[name] for name in MEMBERS}
    for name, schema in (schemas_of_answers(DOCUMENT) | sent_back).items():
        is_object = schema.get("type") == "object" and not name.startswith("Unknown")
        if is_object and name not in NEVER_ASKED_FOR | FREE_ROWS:
            members = set(schema["properties"])
            listed = WITH_SPACES_OF_EXPERIMENTS[name]
            assert members == (listed - NEVER_SENT) | OWN.get(name, set()), name


@pytest.mark.parametrize("component", sorted(OWN))
def test_members_of_ours_are_not_in_the_tables(component: str) -> None:
    assert not OWN[component] & MEMBERS[component]
    assert OWN[component] <= set(COMPONENTS[component]["properties"])


def test_before_experiments_tasks_had_no_run_configuration() -> None:
    assert MEMBERS["Task"] - WITHOUT_EXPERIMENTS["Task"] == {"run_configuration"}
    assert MEMBERS["TaskRun"] - WITHOUT_EXPERIMENTS["TaskRun"] == {"experiment_id"}


TASK_RUN = {
    "id": "r",
    "task_id": "t",
    "experiment_id": None,
    "status": "failed",
    "num_errors": 1,
    "failure_reason": "why",
    "note": None,
    "progress": {"total": 1},
}


@pytest.mark.parametrize(
    ("version", "gone", "status"),
    [
        ("8.22.4", {"failure_reason", "note", "progress", "experiment_id"}, "failed"),
        ("8.26.0", {"failure_reason", "note", "progress"}, "failed"),
        ("8.40.0", {"failure_reason", "note", "progress"}, "FAILED"),
        ("8.47.0", {"failure_reason", "note", "progress"}, "FAILED"),
        ("8.48.0", set(), "FAILED"),
        ("8.61.0", set(), "FAILED"),
    ],
)
def test_a_run_per_generation(
    speaking: Callable[[str], Translator], version: str, gone: set[str], status: str
) -> None:
    written: Any = speaking(version).write(DOCUMENT.operations["get_task_run"], TASK_RUN)
    assert set(TASK_RUN) - set(written) == gone
    assert written["status"] == status


@pytest.mark.parametrize(
    ("version", "answered"),
    [
        ("8.26.0", {}),
        ("8.42.0", {}),
        ("8.43.0", {"is_private": False}),
        ("8.47.0", {"is_private": False}),
        ("8.48.0", {"is_private": False, "organization_id": "o"}),
        ("8.61.0", {"is_private": False, "organization_id": "o"}),
    ],
)
def test_spaces_are_public_for_those_who_ask(
    speaking: Callable[[str], Translator], version: str, answered: dict[str, Any]
) -> None:
    """From 8.43 to 8.58 the client insists on the member."""
    space = {"id": "s", "organization_id": "o"}
    written = speaking(version).write(DOCUMENT.operations["get_space"], space)
    assert written == {"id": "s"} | answered
    page = {"spaces": [space], "pagination": {"has_more": False}}
    listed: Any = speaking(version).write(DOCUMENT.operations["list_spaces"], page)
    assert listed["spaces"] == [written]


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("8.26.0", "use_function_calling_if_available"),
        ("8.48.0", "use_function_calling_if_available"),
        ("8.49.0", "use_function_calling"),
        ("8.61.0", "use_function_calling"),
    ],
)
def test_function_calling_has_a_new_name_since_8_49(
    speaking: Callable[[str], Translator], version: str, name: str
) -> None:
    config = {"name": "n", "use_function_calling_if_available": True}
    answer = {"type": "template", "template_config": config}
    written: Any = speaking(version).write(DOCUMENT.operations["get_evaluator_version"], answer)
    assert set(written["template_config"]) == {"name", name}
    sent = {"commit_message": "m", "template_config": {"name": "n", name: True}}
    read: Any = speaking(version).read(DOCUMENT.operations["create_evaluator_version"], sent)
    assert read["template_config"] == config
    inside = {"name": "x", "version": sent}
    read = speaking(version).read(DOCUMENT.operations["create_evaluator"], inside)
    assert read["version"]["template_config"] == config


@pytest.mark.parametrize(
    ("version", "keeps"), [("8.26.0", False), ("8.43.1", False), ("8.44.0", True), ("8.61.0", True)]
)
def test_a_null_description_beside_a_name_was_not_meant_before_8_44(
    speaking: Callable[[str], Translator], version: str, keeps: bool
) -> None:
    operation = DOCUMENT.operations["update_evaluator"]
    read: Any = speaking(version).read(operation, {"name": "n", "description": None})
    assert ("description" in read) is keeps
    for meant in ({"description": None}, {"name": "n", "description": ""}, {"name": "n"}):
        assert speaking(version).read(operation, meant) == meant


def test_a_null_space_beside_a_dataset_is_nothing(speaking: Callable[[str], Translator]) -> None:
    operation = DOCUMENT.operations["create_experiment"]
    body = {"name": "n", "dataset_id": "d", "experiment_runs": []}
    assert speaking("8.44.0").read(operation, {**body, "space_id": None}) == body
    alone = {**body, "space_id": "s"}
    assert speaking("8.44.0").read(operation, alone) == alone


@pytest.mark.parametrize(
    ("version", "kind", "name"),
    [("8.26.0", "predefined", "read-only"), ("8.61.0", "PREDEFINED", "READ_ONLY")],
)
def test_the_role_of_a_member_is_an_object_for_clients(
    speaking: Callable[[str], Translator], version: str, kind: str, name: str
) -> None:
    operation = DOCUMENT.operations["add_space_user"]
    wrapped = {"type": kind, "name": name}
    written = speaking(version).write(operation, {"id": "m", "role": "read_only"})
    assert written == {"id": "m", "role": wrapped}
    read = speaking(version).read(operation, {"user_id": "u", "role": wrapped})
    assert read == {"user_id": "u", "role": name}
    custom = {"user_id": "u", "role": {"type": "custom", "id": "r"}}
    assert speaking(version).read(operation, custom) == custom


def test_the_native_form_passes_untouched() -> None:
    native = Interpreter(DOCUMENT).translator({})
    operation = DOCUMENT.operations["get_task_run"]
    assert native.write(operation, TASK_RUN) is TASK_RUN
    assert native.is_native


@given(st.sampled_from(sorted(DOCUMENT.operations)), st.sampled_from(GENERATIONS), JSON)
def test_any_body_can_be_read(operation: str, dialect: Any, body: object) -> None:
    """What is wrong with it is for the document to say."""
    translator = Translator(dialect, DOCUMENT)
    translator.read(DOCUMENT.operations[operation], body)
