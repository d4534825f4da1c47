"""What differs between the clients these tests run with."""

from typing import Any

import arize.evaluators.types as evaluator_types
import arize.tasks.types as task_types
from arize import ArizeClient
from arize._generated.api_client.exceptions import (
    BadRequestException,
    UnprocessableEntityException,
)
from arize.version import __version__

IS_OLD = tuple(map(int, __version__.split(".")[:2])) < (8, 40)
"""Whether enumerations are in lower case, and unknown members refused."""

TaskType = task_types.TaskType
Unprocessable = BadRequestException if IS_OLD else UnprocessableEntityException
"""What a request that is well formed and makes no sense is answered by; 422 came in 8.28."""


def connect(host: str, *, api_key: str = "any", **settings: Any) -> ArizeClient:
    """Return a client of the server at a host and port."""
    return ArizeClient(api_key=api_key, api_host=host, api_scheme="http", **settings)


def word(native: str) -> str:
    """Return a word of an enumeration as this client spells it."""
    return native if IS_OLD else native.upper()


def exact_match(name: str = "exact") -> Any:
    """Return the configuration of a managed evaluator: output equals expected."""
    config = {
        "type": word("managed"),
        "name": name,
        "managed_evaluator": "ExactMatch" if IS_OLD else "EXACT_MATCH",
        "variables": ["output", "expected"],
    }
    return evaluator_types.CodeConfig.from_dict(config) if IS_OLD else config


def custom_code(code: str, variables: list[str], name: str = "custom") -> Any:
    """Return the configuration of an evaluator in Python."""
    config = {"type": word("custom"), "name": name, "code": code, "variables": variables}
    return evaluator_types.CodeConfig.from_dict(config) if IS_OLD else config


def template(integration: str, **changes: Any) -> Any:
    """Return the configuration of an evaluator that asks a model."""
    switch = "use_function_calling_if_available" if IS_OLD else "use_function_calling"
    kind = evaluator_types.TemplateConfig if IS_OLD else evaluator_types.TemplateConfigInput
    return kind.from_dict(
        {
            "name": "correct",
            "template": "Question: {question} Answer: {output}",
            "include_explanations": True,
            switch: True,
            "classification_choices": {"right": 1.0, "wrong": 0.0},
            "direction": word("maximize"),
            "data_granularity": word("span"),
            "llm_config": {
                "ai_integration_id": integration,
                "model_name": "judge",
                "invocation_parameters": {"temperature": 0.0},
                "provider_parameters": {},
            },
            **changes,
        }
    )


def run_configuration(config: dict[str, Any]) -> Any:
    """Return the configuration of a run_experiment task."""
    return task_types.RunConfiguration.from_dict(config) if IS_OLD else config


def applied(evaluator_id: str, **members: Any) -> Any:
    """Return an evaluator as a task applies it."""
    members = {"evaluator_id": evaluator_id, **members}
    if IS_OLD:
        return task_types.BaseEvaluationTaskRequestEvaluatorsInner(**members)
    return task_types.TaskEvaluatorInput.from_dict(members)


def generation(integration: str, **changes: Any) -> Any:
    """Return the configuration of a task whose outputs a prompt makes."""
    config: dict[str, Any] = {
        "experiment_type": word("llm_generation"),
        "ai_integration_id": integration,
        "model_name": "writer",
        "messages": [
            {"role": word("system"), "content": "Answer briefly."},
            {"role": word("user"), "content": "{{question}}"},
        ],
        "input_variable_format": word("mustache"),
        "invocation_parameters": {"temperature": 0.0, "response_format": {"type": word("text")}},
        **changes,
    }
    return run_configuration(config)


def bare(config: Any) -> Any:
    """Return a run configuration without the wrapper that the old client leaves around it."""
    return config.actual_instance if IS_OLD else config
