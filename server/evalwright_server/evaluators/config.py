"""The stored configuration of a code evaluator, checked and typed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

_NAME_PATTERN: Final = re.compile(r"[a-zA-Z0-9_\s\-&()]+")


def _check_name(name: str) -> str:
    if not _NAME_PATTERN.fullmatch(name):
        raise ValueError("may hold letters, digits, blanks and the characters _ - & ( )")
    return name


ColumnName: TypeAlias = Annotated[str, AfterValidator(_check_name)]
"""The name of an evaluation column, as the document restricts it."""


@dataclass(frozen=True, slots=True)
class ConfigError:
    """One thing wrong with a configuration.

    Attributes:
        pointer: JSON pointer to it, from the configuration's root.
        message: What is wrong and what would be right.
    """

    pointer: str
    message: str


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class StaticParam(_Part):
    """A fixed argument."""

    name: str = Field(min_length=1)
    type: Literal["STRING", "STRING_ARRAY", "REGEX"]
    default_value: str | list[str]

    @model_validator(mode="after")
    def _value_of_type(self) -> Self:
        wants_list = self.type == "STRING_ARRAY"
        if isinstance(self.default_value, list) is not wants_list:
            expected = "a list of strings" if wants_list else "a string"
            raise ValueError(f"default_value of a {self.type} must be {expected}")
        return self


class _Config(_Part):
    name: ColumnName
    variables: list[Annotated[str, Field(min_length=1)]]
    static_params: list[StaticParam] | None = None
    query_filter: str | None = None

    @field_validator("variables")
    @classmethod
    def _variables_differ(cls, variables: list[str]) -> list[str]:
        repeated = sorted({name for name in variables if variables.count(name) > 1})
        if repeated:
            raise ValueError(f"names {', '.join(repeated)} more than once")
        return variables

    @field_validator("query_filter")
    @classmethod
    def _filter_compiles(cls, query_filter: str | None) -> str | None:
        if query_filter:
            # Few evaluators have a filter, and its parser takes a tenth of a second to import.
            from evalwright_server.filters import compile_filter  # noqa: PLC0415

            compile_filter(query_filter)
        return query_filter

    @property
    def params(self) -> Sequence[StaticParam]:
        """The fixed arguments."""
        return self.static_params or []


class ManagedConfig(_Config):
    """One of the evaluators that come with the server."""

    type: Literal["managed"]
    managed_evaluator: str


class CustomConfig(_Config):
    """Python written by the user."""

    type: Literal["custom"]
    code: str
    imports: str | None = None

    @model_validator(mode="after")
    def _arguments_differ(self) -> Self:
        both = sorted({param.name for param in self.params} & set(self.variables))
        if both:
            raise ValueError(f"{', '.join(both)}: a variable and a static parameter of one name")
        return self


CodeConfig = ManagedConfig | CustomConfig
_CODE_CONFIG: TypeAdapter[CodeConfig] = TypeAdapter(
    Annotated[CodeConfig, Field(discriminator="type")]
)


def parse_config(code_config: Mapping[str, JsonValue]) -> CodeConfig | list[ConfigError]:
    """Read a configuration, or list everything wrong with its shape.

    Args:
        code_config: As stored; see ManagedCodeConfig and CustomCodeConfig in the document.
    """
    try:
        return _CODE_CONFIG.validate_python(dict(code_config))
    except ValidationError as error:
        return [
            # Pydantic puts the discriminator's value in front.
            ConfigError(pointer_to(problem["loc"][1:]), message_of(problem["msg"]))
            if problem["loc"]
            else ConfigError("/type", "must be 'managed' or 'custom'")
            for problem in error.errors()
        ]


def pointer_to(location: Sequence[str | int]) -> str:
    """Write a location as JSON pointer (RFC 6901)."""
    escaped = [str(part).replace("~", "~0").replace("/", "~1") for part in location]
    return "".join(f"/{part}" for part in escaped)


def message_of(text: str) -> str:
    """Drop what pydantic puts in front of a validator's own words."""
    return text.removeprefix("Value error, ")
