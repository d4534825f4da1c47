"""Metrics of whether an answer does all that was asked."""

from typing import Final

from evalwright_server.embeddings.embeds import Embeds
from evalwright_server.metrics.claims import claims_of, explain, mean_support, support
from evalwright_server.metrics.items import Engine, MetricItem, Outcome, Score
from evalwright_server.metrics.meaning import pieces, ramp
from evalwright_server.metrics.relevance import OFF_TOPIC, ON_TOPIC, REFUSED, relevance
from evalwright_server.metrics.requests import (
    asked_count,
    constraints_of,
    entries,
    is_cut_off,
    parts_of,
)
from evalwright_server.prose.refusals import is_refusal

CUT_OFF: Final = 0.6
"""What is left of an answer's score that breaks off in the middle of a sentence."""


def response_completeness(item: MetricItem, embedder: Embeds) -> Outcome:
    """1 if every part of the request is answered, and as many things are given as were asked for.

    With `expected`, the mean of that and of how far the output says what is expected.
    """
    if not item.output.strip():
        return Score(0.0, "The output is empty.", Engine.EMBEDDING)
    if is_refusal(item.output):
        return Score(0.0, "The output is a refusal.", Engine.EMBEDDING)
    value, said = _coverage(item, embedder)
    wanted = asked_count(item.input)
    if wanted:
        given = entries(item.output)
        value *= min(given / wanted, 1.0)
        said += f" {given} of {wanted} things asked for are given."
    if item.expected is not None:
        found = support(claims_of(item.expected), [item.output], item.input, embedder)
        value = (value + mean_support(found)) / 2
        said += f" Expected claims: {explain(found)}"
    if is_cut_off(item.output):
        value *= CUT_OFF
        said += " The output breaks off."
    return Score(value, said, Engine.EMBEDDING)


def _coverage(item: MetricItem, embedder: Embeds) -> tuple[float, str]:
    parts = parts_of(item.input)
    answers = [*pieces(item.output), item.output]
    closeness = embedder.embed(parts) @ embedder.embed(answers).T
    covered = [ramp(float(row.max()), OFF_TOPIC, ON_TOPIC) for row in closeness]
    weak = [part for part, value in zip(parts, covered, strict=True) if value < 0.5]
    said = f"{len(parts) - len(weak)} of {len(parts)} parts of the request are answered"
    missing = f"; not “{weak[0][:120]}”" if weak else ""
    return sum(covered) / len(covered), f"{said}{missing}."


def task_adherence(item: MetricItem, embedder: Embeds) -> Outcome:
    """1 if the output keeps to what the request asks of its form, and is about it.

    Without such requirements, only the latter counts; else the mean of both.
    """
    if not item.output.strip():
        return Score(0.0, "The output is empty.", Engine.EMBEDDING)
    on_topic = relevance(item.input, item.output, embedder)
    if is_refusal(item.output):
        return Score(min(on_topic, REFUSED), "The output is a refusal.", Engine.EMBEDDING)
    asked = constraints_of(item.input)
    if not asked:
        return Score(on_topic, "The request asks for no certain form.", Engine.EMBEDDING)
    broken = [constraint.text for constraint in asked if not constraint.is_kept(item.output)]
    value = (1 - len(broken) / len(asked) + on_topic) / 2
    said = f"Of {len(asked)} requirements of form, {len(broken)} are not met"
    return Score(value, f"{said}{': ' + ', '.join(broken) if broken else ''}.", Engine.EMBEDDING)
