"""From a stored configuration to an evaluator."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, Protocol, runtime_checkable

from pydantic import JsonValue

from evalwright_server.evaluators.config import (
    ConfigError,
    CustomConfig,
    ManagedConfig,
    parse_config,
)
from evalwright_server.evaluators.custom import CustomEvaluator, EvaluationLimits
from evalwright_server.evaluators.managed import Judge, build_managed
from evalwright_server.evaluators.results import TOO_DEEP, EvaluationError, Outcome
from evalwright_server.evaluators.rows import Row, as_text, bind
from evalwright_server.evaluators.source import check_source
from evalwright_server.sandbox import Sandbox

ROWS_PER_TURN: Final = 100
"""Managed evaluators let other tasks run after so many rows."""


class Evaluator(Protocol):
    """Judges rows.

    Attributes:
        name: Name of the evaluation column.
    """

    name: str

    async def evaluate(self, rows: Sequence[Row]) -> list[Outcome]:
        """Judge rows.

        Args:
            rows: Flat mappings from column to value.

        Returns:
            One outcome a row, in the same order; a row that can't be judged is an
            EvaluationError and never an exception.

        Raises:
            SandboxUnavailable: The evaluator needs isolation that this host can't give.
        """
        ...


@runtime_checkable
class RowEvaluator(Evaluator, Protocol):
    """Takes its time over each row, and may judge several at once.

    Attributes:
        at_once: How many.
    """

    at_once: int


class ManagedEvaluator:
    """One of the evaluators that come with the server."""

    def __init__(
        self, config: ManagedConfig, judge: Judge, column_mappings: Mapping[str, str] | None
    ) -> None:
        """Keep what is needed.

        Args:
            config: Its name and variables.
            judge: Judges the texts of the variables.
            column_mappings: The column of a variable, where it is not of the same name.
        """
        self.name = config.name
        self._variables = config.variables
        self._judge = judge
        self._column_mappings = column_mappings

    async def evaluate(self, rows: Sequence[Row]) -> list[Outcome]:
        """Judge rows; see `Evaluator`."""
        outcomes = []
        for count, row in enumerate(rows, 1):
            outcomes.append(self._evaluate_row(row))
            if count % ROWS_PER_TURN == 0:
                await asyncio.sleep(0)
        return outcomes

    def _evaluate_row(self, row: Row) -> Outcome:
        values = bind(self._variables, self._column_mappings, row)
        if isinstance(values, EvaluationError):
            return values
        try:
            texts = [as_text(value) for value in values.values()]
        except RecursionError:
            return EvaluationError(TOO_DEEP)
        return self._judge(texts)


def build_evaluator(
    code_config: Mapping[str, JsonValue],
    *,
    column_mappings: Mapping[str, str] | None,
    sandbox: Sandbox,
    limits: EvaluationLimits = EvaluationLimits(),  # noqa: B008 - immutable
) -> Evaluator:
    """Make an evaluator.

    Args:
        code_config: The stored JSON of a ManagedCodeConfig or CustomCodeConfig.
        column_mappings: The column of a variable, where it is not of the same name.
        sandbox: Where custom code runs.
        limits: How much custom code may take.

    Raises:
        ValueError: The configuration can't work; lists everything wrong with it.
    """
    built = _build(code_config)
    if isinstance(built, list):
        raise ValueError(  # noqa: TRY004 - the value is wrong, not its type
            "; ".join(f"{error.pointer or '/'}: {error.message}" for error in built)
        )
    config, judge = built
    if isinstance(config, CustomConfig):
        return CustomEvaluator(config, column_mappings, sandbox, limits)
    assert judge is not None  # noqa: S101 - managed ones always have one
    return ManagedEvaluator(config, judge, column_mappings)


def check_code_config(code_config: Mapping[str, JsonValue]) -> list[ConfigError]:
    """List everything that keeps a configuration from working; nothing is executed.

    Args:
        code_config: The JSON of a ManagedCodeConfig or CustomCodeConfig.
    """
    built = _build(code_config)
    return built if isinstance(built, list) else []


def _build(
    code_config: Mapping[str, JsonValue],
) -> tuple[CustomConfig, None] | tuple[ManagedConfig, Judge] | list[ConfigError]:
    config = parse_config(code_config)
    if isinstance(config, list):
        return config
    if isinstance(config, CustomConfig):
        return check_source(config) or (config, None)
    judge = build_managed(config)
    return judge if isinstance(judge, list) else (config, judge)
