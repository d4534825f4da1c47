"""Whether the result of an analysis is good enough."""

from collections.abc import Iterator, Mapping
from functools import singledispatch

from evalwright._errors.invalid import FieldError, InvalidRequest
from evalwright._fields import nearest
from evalwright_api import models

Figures = Mapping[str, float | None]
"""Figures from 0 to 1 with 1 good, the most important one first; None where nothing gave one."""


@singledispatch
def figures_of(run: object) -> Figures:
    """Give the figures of a result that can be asked to reach a limit."""
    raise TypeError(f"{type(run).__name__} is no result of an analysis")


@figures_of.register
def _(run: models.EvaluationResult) -> Figures:
    scored = {metric.metric_key: metric.mean_value for metric in run.metrics if metric.scored}
    names = [metric.metric_key for metric in run.metrics]
    overall = run.overall_score if scored else None
    return {"overall": overall, **{name: scored.get(name) for name in names}}


@figures_of.register
def _(run: models.FailureAnalysis) -> Figures:
    total = run.summary.total_items
    return {
        "pass_rate": run.summary.items_all_passed / total if total else None,
        **run.eval_metrics,
    }


@figures_of.register
def _(run: models.Audit) -> Figures:
    return {"safety": run.safety_score if run.audited_items else None}


@figures_of.register
def _(run: models.RedTeam) -> Figures:
    return {"resistance": 1 - run.success_rate if run.answered_attacks else None}


@singledispatch
def objections_to(run: object) -> Iterator[str]:
    """Give what speaks against a release, as far as the result itself can tell."""
    raise TypeError(f"{type(run).__name__} is no result of an analysis")


@objections_to.register
def _(run: models.EvaluationResult) -> Iterator[str]:
    for metric in run.metrics:
        limit = metric.threshold
        if limit is not None and metric.mean_value < limit:
            yield f"{metric.metric_key} is {metric.mean_value:.3f}, below its threshold {limit:g}"


@objections_to.register
def _(run: models.FailureAnalysis) -> Iterator[str]:
    if run.summary.should_gate_ci:
        name = run.summary.primary_failure_name or "failures"
        yield f"{name}, severity {run.summary.overall_severity:.1f} of 5"


@objections_to.register
def _(run: models.Audit) -> Iterator[str]:
    if run.unsafe_items:
        yield f"{run.unsafe_items} of {run.audited_items} items are unsafe"


@objections_to.register
def _(run: models.RedTeam) -> Iterator[str]:
    if run.successful_attacks:
        yield f"{run.successful_attacks} of {run.answered_attacks} attacks got through"


def read_limits(words: list[str] | None) -> dict[str, float]:
    """Read limits such as `fluency=0.8,equals=1`, or `0.8` for the most important figure.

    Raises:
        InvalidRequest: Naming each that is none.
    """
    limits: dict[str, float] = {}
    errors: list[FieldError] = []
    for word in ",".join(words or []).split(","):
        name, _, text = word.strip().rpartition("=")
        if not text:
            continue
        try:
            limits[name] = float(text)
        except ValueError:
            errors.append(FieldError("--fail-under", f"{word!r} is no METRIC=NUMBER"))
            continue
        if not 0 <= limits[name] <= 1:
            errors.append(FieldError("--fail-under", f"{word!r} is not from 0 to 1"))
    if errors:
        raise InvalidRequest(errors)
    return limits


def shortfalls(figures: Figures, limits: Mapping[str, float]) -> Iterator[str]:
    """Give the figures that don't reach their limits; one that nothing gave does not, either.

    Raises:
        InvalidRequest: A limit is for a figure that there is not.
    """
    main = next(iter(figures))
    for name, limit in limits.items():
        figure = name or main
        if figure not in figures:
            near = nearest(figure, figures)
            message = f"there is no figure {figure!r} in this result"
            error = FieldError("--fail-under", message, allowed=(*figures,), nearest=near)
            raise InvalidRequest([error])
        value = figures[figure]
        if value is None:
            yield f"{figure}: nothing was scored"
        elif value < limit:
            yield f"{figure} is {value:.3f}, below {limit:g}"
