"""What a client is answered, it can send back: nothing is lost between the two directions."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalwright_server.web.dialects.generations import GENERATIONS, Dialect
from evalwright_server.web.dialects.translation import Translator
from evalwright_server.web.document import Document
from evalwright_server.web.judge import Judge, component

DOCUMENT = Document.bundled()
JUDGE = Judge(DOCUMENT)
TRANSLATORS = {each.name: Translator(each, DOCUMENT) for each in GENERATIONS}
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=4)


def words(name: str) -> st.SearchStrategy[str]:
    """One of the native words of an enumeration."""
    return st.sampled_from(DOCUMENT.tree["components"]["schemas"][name]["enum"])


def optional(**members: st.SearchStrategy[Any]) -> Mapping[str, st.SearchStrategy[Any]]:
    return members


INVOCATION = st.fixed_dictionaries(
    {},
    optional=optional(
        temperature=st.floats(0, 2),
        max_tokens=st.integers(1, 99),
        stop=st.lists(TEXT, max_size=2),
        response_format=st.fixed_dictionaries(
            {"type": words("ResponseFormatType")},
            optional=optional(json_schema=st.just({"name": "n", "schema": {"type": "text"}})),
        ),
        tool_config=st.just({"tools": [{"type": "function"}], "tool_choice": "text"}),
    ),
)
TEMPLATE_CONFIG = st.fixed_dictionaries(
    {
        "name": st.just("score"),
        "template": TEXT,
        "include_explanations": st.booleans(),
        "use_function_calling_if_available": st.booleans(),
        "classification_choices": st.none() | st.dictionaries(TEXT, st.integers(0, 1)),
        "direction": words("OptimizationDirection"),
        "data_granularity": st.none() | words("DataGranularity"),
        "llm_config": st.fixed_dictionaries(
            {
                "ai_integration_id": TEXT,
                "model_name": TEXT,
                "invocation_parameters": INVOCATION,
                "provider_parameters": st.just({}),
            }
        ),
    }
)
CODE_CONFIG = st.fixed_dictionaries(
    {
        "type": st.just("managed"),
        "name": st.just("score"),
        "managed_evaluator": words("ManagedCodeEvaluator"),
        "variables": st.lists(TEXT, max_size=2),
        "static_params": st.lists(
            st.fixed_dictionaries(
                {"name": TEXT, "type": words("StaticParamType"), "default_value": TEXT}
            ),
            max_size=2,
        ),
        "data_granularity": st.none() | words("DataGranularity"),
        "query_filter": st.none() | TEXT,
    }
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": words("MessageRole"), "content": st.none() | TEXT},
        optional=optional(
            tool_calls=st.just([{"type": "function", "function": {"name": "f", "arguments": "{}"}}])
        ),
    ),
    min_size=1,
    max_size=3,
)
GENERATION = st.fixed_dictionaries(
    {
        "experiment_type": st.just("llm_generation"),
        "ai_integration_id": TEXT,
        "messages": MESSAGES,
        "input_variable_format": words("InputVariableFormat"),
        "invocation_parameters": INVOCATION,
    }
)
EVALUATION = st.fixed_dictionaries(
    {
        "experiment_type": st.just("template_evaluation"),
        "ai_integration_id": TEXT,
        "template": TEXT,
        "provide_explanation": st.booleans(),
    },
    optional=optional(invocation_parameters=INVOCATION, column_mapping=st.just({"a": "b"})),
)

dialects = pytest.mark.parametrize("dialect", GENERATIONS[1:], ids=lambda each: each.name)


def echo(dialect: Dialect, operation: str, answer: Any, member: str, component_name: str) -> Any:
    """What is stored if a client sends back a member of an answer."""
    translator = TRANSLATORS[dialect.name]
    written: Any = translator.write(DOCUMENT.operations[operation], answer)
    spelt = {"use_function_calling": "use_function_calling_if_available"}
    sent = {spelt.get(name, name): value for name, value in written[member].items()}
    stored, errors = JUDGE.check(component(component_name), sent)
    assert errors == []
    return stored


@dialects
@given(config=TEMPLATE_CONFIG)
@settings(max_examples=30)
def test_template_configurations(dialect: Dialect, config: dict[str, Any]) -> None:
    version = {"type": "template", "template_config": config}
    found = echo(
        dialect, "get_evaluator_version", version, "template_config", "TemplateConfigInput"
    )
    assert found == config


@dialects
@given(config=CODE_CONFIG)
@settings(max_examples=30)
def test_code_configurations(dialect: Dialect, config: dict[str, Any]) -> None:
    version = {"type": "code", "code_config": config}
    found = echo(dialect, "get_evaluator_version", version, "code_config", "CodeConfigInput")
    assert found == config


@dialects
@given(config=GENERATION | EVALUATION)
@settings(max_examples=30)
def test_run_configurations(dialect: Dialect, config: dict[str, Any]) -> None:
    task = {"type": "run_experiment", "run_configuration": config}
    found = echo(dialect, "get_task", task, "run_configuration", "RunConfigurationInput")
    assert found == config
