"""From a run configuration to what produces outputs."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from pydantic import JsonValue

from evalwright_server.evaluators.config import ConfigError
from evalwright_server.evaluators.template_config import check_template_config
from evalwright_server.models import ModelClient, TemplateError
from evalwright_server.runs.producers.generation import GenerationProducer, Prompt
from evalwright_server.runs.producers.judging import JudgingProducer, evaluator_config
from evalwright_server.runs.producers.producer import Producer

GENERATION: Final = "llm_generation"
JUDGING: Final = "template_evaluation"


def build_producer(
    configuration: Mapping[str, JsonValue],
    model: str,
    client: ModelClient,
    clock: Callable[[], float] = time.perf_counter,
) -> Producer:
    """Make what produces outputs.

    Args:
        configuration: A RunConfiguration of the document.
        model: The model.
        client: How it is reached.
        clock: A monotonic clock, in seconds.

    Raises:
        ValueError: The configuration can't work.
    """
    kind = configuration["experiment_type"]
    if kind == GENERATION:
        return GenerationProducer(configuration, model, client)
    if kind == JUDGING:
        return JudgingProducer(configuration, model, client, clock)
    raise ValueError(f"this worker can't run experiments of the type {kind!r}")


def check_configuration(configuration: Mapping[str, JsonValue]) -> list[ConfigError]:
    """List everything that keeps a configuration from working that its schema doesn't say.

    Args:
        configuration: A RunConfiguration that fits the document.
    """
    if configuration["experiment_type"] == GENERATION:
        try:
            Prompt.parse(configuration)
        except TemplateError as error:
            return [ConfigError("/messages", str(error))]
        return []
    # Whatever the model is called; which one it is may be known only when the task is run.
    found = check_template_config(evaluator_config(configuration, "model"))
    return [error for error in found if not error.pointer.startswith("/llm_config")]
