"""Outputs that are a model's judgements: `template_evaluation`."""

from collections.abc import Callable, Mapping
from typing import Final

from pydantic import JsonValue

from evalwright_server.evaluators.results import EvaluationError
from evalwright_server.evaluators.template import TemplateEvaluator, build_template_evaluator
from evalwright_server.models import ModelClient, TemplateFormat
from evalwright_server.runs.experiment_payload import Production
from evalwright_server.runs.producers.producer import measures

_NAME: Final = "output"


def evaluator_config(configuration: Mapping[str, JsonValue], model: str) -> dict[str, JsonValue]:
    """Return a TemplateEvaluationRunConfig as the configuration of a template evaluator."""
    return {
        "name": _NAME,
        "template": configuration["template"],
        "template_format": TemplateFormat.MUSTACHE,
        "include_explanations": configuration["provide_explanation"],
        "classification_choices": configuration.get("classification_choices"),
        "llm_config": {
            "model_name": model,
            "invocation_parameters": configuration.get("invocation_parameters") or {},
            "provider_parameters": configuration.get("provider_parameters") or {},
        },
    }


class JudgingProducer:
    """Has a model judge each example; see `Producer`.

    The output is the label, or the score where there is no label; both stand beside it too.

    Args:
        configuration: A TemplateEvaluationRunConfig of the document.
        model: The model.
        client: How it is reached.
        clock: A monotonic clock, in seconds.

    Raises:
        ValueError: The configuration can't work; lists everything wrong with it.
    """

    def __init__(
        self,
        configuration: Mapping[str, JsonValue],
        model: str,
        client: ModelClient,
        clock: Callable[[], float],
    ) -> None:
        mapping = configuration.get("column_mapping")
        self._evaluator: TemplateEvaluator = build_template_evaluator(
            evaluator_config(configuration, model),
            client,
            column_mappings={name: str(column) for name, column in mapping.items()}
            if isinstance(mapping, dict)
            else None,
            scope=f"run_experiment {configuration.get('evaluator_version_id') or ''}",
        )
        self.at_once = self._evaluator.at_once
        self._model = model
        self._clock = clock

    async def produce(self, columns: Mapping[str, JsonValue]) -> Production:
        """Return what the model judges; see `Producer`."""
        started = self._clock()
        [outcome] = await self._evaluator.evaluate([columns])
        if isinstance(outcome, EvaluationError) and outcome.usage is None:
            return Production(None, outcome.message)
        measured = measures(outcome.usage, self._clock() - started)
        shared: dict[str, JsonValue] = {**measured, "model_name": self._model}
        if isinstance(outcome, EvaluationError):
            return Production(None, outcome.message, shared)
        judged: dict[str, JsonValue] = {
            "output_label": outcome.label,
            "output_score": outcome.score,
            "output_explanation": outcome.explanation,
        }
        output = outcome.label if outcome.label is not None else f"{outcome.score:g}"
        return Production(output, None, shared | judged)
