"""Metrics of what an output is made of."""

import json
from functools import lru_cache
from typing import Any, Final

import jsonschema_rs

from evalwright_server.metrics.items import Engine, MetricItem, Outcome, Score, Unscored

_FENCE: Final = "```"


def json_schema(item: MetricItem) -> Outcome:
    """1 if the output is JSON that fits `metadata.schema`, or any JSON without a schema.

    JSON inside a fenced block is taken for the output, as models like to write it so.
    """
    schema = item.metadata.get("schema", True)
    if not isinstance(schema, dict | bool):
        return Unscored("`metadata.schema` is no JSON schema: expected an object.")
    try:
        validator = _validator(json.dumps(schema))
    except ValueError as error:
        return Unscored(f"`metadata.schema` is no JSON schema: {error}")
    try:
        value: Any = json.loads(unfenced(item.output))
    except (ValueError, RecursionError) as error:
        return Score(0.0, f"The output is no JSON: {error}", Engine.RULES)
    faults = [f"{_place(error)}: {error.message}" for error in validator.iter_errors(value)]
    if faults:
        return Score(0.0, f"The output does not fit: {'; '.join(faults[:5])}", Engine.RULES)
    return Score(1.0, "The output is JSON that fits.", Engine.RULES)


@lru_cache(maxsize=64)
def _validator(schema: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads(schema))


def _place(error: jsonschema_rs.ValidationError) -> str:
    return "/" + "/".join(str(part) for part in error.instance_path)


def unfenced(text: str) -> str:
    """Return what is in the first fenced block of a text, or all of it without one."""
    parts = text.split(_FENCE)
    if len(parts) < 3:
        return text
    language, _, block = parts[1].partition("\n")
    return block if language.strip().isalnum() or not language.strip() else parts[1]
