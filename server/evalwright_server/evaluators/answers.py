"""What a judging model is asked for, and what its answer means.

With choices, the answer is one of their labels, and the label's score. Without, it is a number,
which is the score, or a text, which is the label. What is neither is no answer: never a score of 0.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from math import isfinite
from typing import Final

from pydantic import JsonValue

from evalwright_server.evaluators.results import MAX_LABEL, EvaluationResult, storable
from evalwright_server.models import ChatReply

FUNCTION: Final = "record_judgement"
"""The function that models are asked to call."""

_NUMBER: Final = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?")
_FENCED: Final = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
_SHOWN: Final = 200


class MalformedAnswer(Exception):
    """An answer that says nothing; the text tells the model, and people, what is wrong with it."""


class AnswerMode(Enum):
    """How a model is made to keep to the form."""

    FUNCTION = auto()
    SCHEMA = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What a model is asked for.

    Attributes:
        choices: Scores by label; None for a free answer.
        wants_explanation: Whether it is to explain itself.
    """

    choices: Mapping[str, float | None] | None
    wants_explanation: bool

    @property
    def is_free_text(self) -> bool:
        """Whether the answer needs no structure at all."""
        return self.choices is None and not self.wants_explanation

    @property
    def _schema(self) -> dict[str, JsonValue]:
        """The JSON schema of the answer. The explanation comes first: models think by writing."""
        label: dict[str, JsonValue] = {"type": "string", "description": "The judgement."}
        if self.choices is not None:
            label["enum"] = list(self.choices)
        properties: dict[str, JsonValue] = {"label": label}
        if self.wants_explanation:
            reasons: JsonValue = {
                "type": "string",
                "description": "The reasons for the judgement, briefly.",
            }
            properties = {"explanation": reasons, **properties}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    def members(self, mode: AnswerMode) -> dict[str, JsonValue]:
        """Return the members of a request that make a model keep to the form."""
        if self.is_free_text or mode is AnswerMode.TEXT:
            return {}
        if mode is AnswerMode.SCHEMA:
            schema: JsonValue = {"name": FUNCTION, "schema": self._schema, "strict": True}
            return {"response_format": {"type": "json_schema", "json_schema": schema}}
        function: JsonValue = {
            "name": FUNCTION,
            "description": "Record your judgement.",
            "parameters": self._schema,
        }
        return {
            "tools": [{"type": "function", "function": function}],
            "tool_choice": {"type": "function", "function": {"name": FUNCTION}},
        }

    def instruction(self, mode: AnswerMode) -> str:
        """Return what to add to the prompt; empty for free answers."""
        if self.is_free_text:
            return ""
        one_of = ""
        if self.choices is not None:
            one_of = ", exactly one of " + ", ".join(map(json.dumps, self.choices))
        members = f'"label" (your judgement{one_of})'
        if self.wants_explanation:
            members = f'"explanation" (your reasons, briefly) and {members}'
        if mode is AnswerMode.FUNCTION:
            return f"Call the function {FUNCTION} with {members}."
        return f"Answer with nothing but a JSON object with {members}."

    def read(self, reply: ChatReply) -> EvaluationResult:
        """Return what an answer means.

        Raises:
            MalformedAnswer: Nothing.
        """
        text = spoken(reply)
        if not text.strip():
            raise MalformedAnswer("The answer was empty.")
        if self.is_free_text:
            return _free(text.strip(), None)
        answer = _find_object(text)
        if answer is None:
            return self._read_bare(text)
        explanation = answer.get("explanation")
        explanation = storable(explanation) if isinstance(explanation, str) else None
        label = answer.get("label")
        if isinstance(label, bool) or not isinstance(label, str | int | float):
            raise MalformedAnswer(f'The answer had no "label": {_shorten(text)}')
        if self.choices is None:
            return _free(str(label), explanation)
        return self._chosen(str(label), explanation)

    def _read_bare(self, text: str) -> EvaluationResult:
        """Read an answer without structure: a label alone will do, a text around it won't."""
        if self.choices is None:
            raise MalformedAnswer(f"The answer was no JSON object: {_shorten(text)}")
        try:
            return self._chosen(text.strip().strip("\"'`*.").strip(), None)
        except MalformedAnswer:
            raise MalformedAnswer(f"The answer was no JSON object: {_shorten(text)}") from None

    def _chosen(self, label: str, explanation: str | None) -> EvaluationResult:
        choices = self.choices or {}
        folded = label.strip().casefold()
        for choice, score in choices.items():
            if choice.strip().casefold() == folded:
                return EvaluationResult(score, choice, explanation)
        allowed = ", ".join(map(repr, choices))
        raise MalformedAnswer(f"The label {_shorten(label)!r} is none of {allowed}.")


def spoken(reply: ChatReply) -> str:
    """Return the text that holds the answer, wherever the model put it."""
    for call in reply.tool_calls:
        if call.name == FUNCTION or not (reply.text or "").strip():
            return call.arguments
    return reply.text or ""


def _find_object(text: str) -> dict[str, JsonValue] | None:
    """Return the JSON object in an answer: all of it, in a fence, or between words."""
    fenced = _FENCED.search(text)
    first, last = text.find("{"), text.rfind("}")
    for candidate in (text, fenced[1] if fenced else "", text[first : last + 1]):
        try:
            value = json.loads(candidate, parse_constant=_refuse)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    return None


def _free(answer: str, explanation: str | None) -> EvaluationResult:
    answer = answer.strip()
    if not answer:
        raise MalformedAnswer("The answer was empty.")
    if _NUMBER.fullmatch(answer) and isfinite(score := float(answer)):
        return EvaluationResult(score, None, explanation)
    label = storable(answer, MAX_LABEL)
    if len(answer) > MAX_LABEL and explanation is None:
        explanation = storable(answer)
    return EvaluationResult(None, label, explanation)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _shorten(text: str) -> str:
    text = " ".join(text.split())
    return storable(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
