"""The stored configuration of a template evaluator, checked and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from evalwright_server.evaluators.answers import AnswerForm
from evalwright_server.evaluators.config import ColumnName, ConfigError, message_of, pointer_to
from evalwright_server.evaluators.results import MAX_LABEL
from evalwright_server.models.templates import Template, TemplateFormat, detect_format


class LlmConfig(BaseModel):
    """Which model judges, and how it is called."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model_name: str = Field(min_length=1)
    invocation_parameters: dict[str, JsonValue] = {}
    provider_parameters: dict[str, JsonValue] = {}


class TemplateConfig(BaseModel):
    """A TemplateConfig of the document."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: ColumnName
    template: str
    include_explanations: bool
    use_function_calling_if_available: bool = True
    use_structured_output: bool = True
    classification_choices: dict[str, float | None] | None = None
    llm_config: LlmConfig
    template_format: TemplateFormat | None = None
    """Not in the document: for templates that come from elsewhere and say how they are written."""

    @field_validator("template")
    @classmethod
    def _template_is_there(cls, template: str) -> str:
        if not template.strip():
            raise ValueError("is empty: say what the model is to judge, with {variables}")
        return template

    @field_validator("classification_choices")
    @classmethod
    def _choices_can_be_chosen(
        cls, choices: dict[str, float | None] | None
    ) -> dict[str, float | None] | None:
        folded: dict[str, str] = {}
        for label, score in (choices or {}).items():
            if not label.strip() or len(label) > MAX_LABEL:
                raise ValueError(f"a label needs 1 to {MAX_LABEL} characters")
            if score is not None and not isfinite(score):
                raise ValueError(f"the score of {label!r} is not finite")
            other = folded.setdefault(label.strip().casefold(), label)
            if other != label:
                raise ValueError(f"{other!r} and {label!r} can't be told apart")
        return choices or None

    @cached_property
    def parsed(self) -> Template:
        """The template, ready to be filled.

        Raises:
            TemplateError: It uses what isn't supported.
        """
        form = self.template_format or detect_format(self.template)
        return Template.parse(self.template, form)

    @property
    def form(self) -> AnswerForm:
        """What the model is asked for."""
        return AnswerForm(self.classification_choices, self.include_explanations)


def parse_template_config(config: Mapping[str, JsonValue]) -> TemplateConfig:
    """Read a configuration.

    Raises:
        ValueError: It can't work; lists everything wrong with it.
    """
    errors = check_template_config(config)
    if errors:
        raise ValueError("; ".join(f"{error.pointer or '/'}: {error.message}" for error in errors))
    return TemplateConfig.model_validate(config)


def check_template_config(config: Mapping[str, Any]) -> list[ConfigError]:
    """List everything that keeps a configuration from working.

    Args:
        config: The JSON of a TemplateConfig.
    """
    try:
        parsed = TemplateConfig.model_validate(config)
    except ValidationError as error:
        return [
            ConfigError(pointer_to(problem["loc"]), message_of(problem["msg"]))
            for problem in error.errors()
        ]
    try:
        _ = parsed.parsed
    except ValueError as error:
        return [ConfigError("/template", str(error))]
    return []


@dataclass(frozen=True, slots=True)
class Variables:
    """What an evaluator of any type reads."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, config: Mapping[str, JsonValue]) -> Self:
        """Return the variables of a stored configuration, none if it can't be read."""
        listed = config.get("variables")
        if isinstance(listed, list):
            return cls(tuple(map(str, listed)))
        if "template" not in config or check_template_config(config):
            return cls(())
        return cls(TemplateConfig.model_validate(config).parsed.variables)
