"""Every word of every enumeration is written as the client spells it, and read in any spelling."""

from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest

from dialects.answers import schemas_of_answers
from dialects.wire import ROWS, SUCCESSES
from evalwright_server.web.canonical import spelling_of
from evalwright_server.web.dialects import spellings
from evalwright_server.web.dialects.translation import Translator
from evalwright_server.web.document import Document

OWN_ENUMERATIONS = {"HealthStatus", "RunState", "RunKind", "TaskRunOutcome"}
"""Those of answers that no Arize client asks for."""


@pytest.mark.parametrize(("enumeration", "lower", "upper"), ROWS)
def test_words_are_written_as_recorded(enumeration: str, lower: str, upper: str) -> None:
    assert spellings.LOWER[enumeration][lower] == lower
    assert spellings.UPPER[enumeration][lower] == upper


def test_no_word_is_missing_in_the_record() -> None:
    recorded = {(enumeration, lower) for enumeration, lower, _ in ROWS}
    tables = {(name, word) for name, words in spellings.UPPER.items() for word in words}
    later = {name for name, _ in tables} - {name for name, _ in recorded}
    assert later == {"SpaceRole", "SpaceRoleAssignmentType", "SpanStatusCode"}
    assert recorded == {(name, word) for name, word in tables if name not in later}


@pytest.mark.parametrize(("enumeration", "lower", "upper"), ROWS)
def test_words_are_read_in_either_spelling(
    document: Document, enumeration: str, lower: str, upper: str
) -> None:
    """Constants of unions are read where they stand, see below."""
    if enumeration in document.tree["components"]["schemas"]:
        spelling = spelling_of(document, {"$ref": f"#/components/schemas/{enumeration}"})
        assert spelling.apply(lower) == lower == spelling.apply(upper)


@pytest.mark.parametrize(
    ("component", "member", "lower", "upper"),
    [
        ("CreateTaskRequest", "type", "run_experiment", "RUN_EXPERIMENT"),
        ("RunConfigurationInput", "experiment_type", "llm_generation", "LLM_GENERATION"),
        ("RunConfigurationInput", "experiment_type", "template_evaluation", "TEMPLATE_EVALUATION"),
        ("CodeConfigInput", "type", "managed", "MANAGED"),
        ("CodeConfigInput", "managed_evaluator", "JSONParseable", "JSON_PARSEABLE"),
        ("ProviderMetadataInput", "kind", "gcp", "GCP"),
        ("SpaceMembershipInput", "role", "read_only", "read-only"),
    ],
)
def test_constants_are_read_in_either_spelling(
    document: Document, component: str, member: str, lower: str, upper: str
) -> None:
    spelling = spelling_of(document, {"$ref": f"#/components/schemas/{component}"})
    assert spelling.apply({member: upper}) == {member: lower}


def test_every_enumeration_of_an_answer_has_its_words(document: Document) -> None:
    """A word that is added to the document needs a spelling, or rows with it are hidden."""
    for name, words in enumerations(document):
        key = spellings.CONSTANTS.get(name, name)
        if key not in OWN_ENUMERATIONS:
            assert set(words) <= set(spellings.UPPER[key]), name


def enumerations(document: Document) -> list[tuple[str, list[str]]]:
    """The enumerations in what clients may be answered, by component or component.member."""
    found = []
    for name, schema in schemas_of_answers(document).items():
        places = {name: schema}
        places |= {f"{name}.{each}": node for each, node in schema.get("properties", {}).items()}
        found += [(place, node["enum"]) for place, node in places.items() if "enum" in node]
    assert len(found) > 20
    return found


def test_success_codes_are_those_that_clients_look_for(document: Document) -> None:
    assert {name: document.operations[name].success for name in SUCCESSES} == SUCCESSES


def test_rows_with_words_a_client_lacks_are_hidden(
    document: Document, speaking: Callable[[str], Translator]
) -> None:
    rows = [{"id": kind, "type": kind} for kind in ("code_evaluation", "run_experiment")]
    page = {"tasks": rows, "pagination": {"has_more": True, "next_cursor": "x"}}
    operation = document.operations["list_tasks"]
    old: Any = speaking("8.22.4").write(operation, page)
    assert [row["id"] for row in old["tasks"]] == ["code_evaluation"]
    assert old["pagination"] == page["pagination"]
    new: Any = speaking("8.23.0").write(operation, page)
    assert [row["id"] for row in new["tasks"]] == ["code_evaluation", "run_experiment"]
    assert len(rows) == 2


def test_words_in_the_users_own_columns_stay(
    document: Document, speaking: Callable[[str], Translator]
) -> None:
    columns = {"type": "code", "status": "pending", "role": {"role": "user"}, "kind": ["aws"]}
    row = {"id": "x", "created_at": "t", "updated_at": "t", **columns}
    page = {"examples": [row], "pagination": {"has_more": False}}
    for version in ("8.22.0", "8.26.0", "8.40.0", "8.61.0"):
        assert speaking(version).write(document.operations["list_dataset_examples"], page) == page


def test_what_clients_sent_freely_is_respelt_where_they_read_it_strictly(
    document: Document, speaking: Callable[[str], Translator]
) -> None:
    config = {
        "experiment_type": "llm_generation",
        "input_variable_format": "f_string",
        "messages": [{"role": "assistant", "tool_calls": [{"type": "function"}]}],
        "invocation_parameters": {
            "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "text"}}},
            "tool_config": {"tools": [{"type": "function"}]},
        },
        "provider_parameters": {"type": "text"},
    }
    task = {"type": "run_experiment", "run_configuration": config}
    written: Any = speaking("8.40.0").write(document.operations["get_task"], task)
    respelt = written["run_configuration"]
    assert respelt["experiment_type"] == "LLM_GENERATION"
    assert respelt["input_variable_format"] == "F_STRING"
    assert respelt["messages"] == [{"role": "ASSISTANT", "tool_calls": [{"type": "FUNCTION"}]}]
    parameters = respelt["invocation_parameters"]
    assert parameters["response_format"]["type"] == "JSON_SCHEMA"
    assert parameters["response_format"]["json_schema"] == {"schema": {"type": "text"}}
    assert parameters["tool_config"] == {"tools": [{"type": "function"}]}
    assert respelt["provider_parameters"] == {"type": "text"}
    assert config == task["run_configuration"]
    operation = document.operations["get_ai_integration"]
    metadata = {"provider": "awsBedrock", "provider_metadata": {"kind": "aws"}}
    assert speaking("8.61.0").write(operation, metadata) == {
        "provider": "AWS_BEDROCK",
        "provider_metadata": {"kind": "AWS"},
    }


def test_all_words_of_the_tables_are_different_once_written() -> None:
    for table in (spellings.LOWER, spellings.UPPER):
        for words in table.values():
            assert len(set(words.values())) == len(words)
    assert set(chain.from_iterable(spellings.WITHOUT_EXPERIMENTS["TaskType"].items())) == {
        "template_evaluation",
        "code_evaluation",
    }
