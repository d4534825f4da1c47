"""Reports of each kind of analysis."""

from collections.abc import Iterator, Sequence
from typing import Final

from evalwright._analyses.report import Case, Report, Row, Section
from evalwright_api import models
from evalwright_api.base import Model

SHOWN: Final = 20
"""Rows of a table for people; exports for programs have all."""


def report_evaluation(
    run: models.EvaluationResult, items: Sequence[models.EvaluationItem]
) -> Report:
    """Report an evaluation, item by metric."""
    metrics = [metric.metric_key for metric in run.metrics]
    rows = [_scored(item, metrics) for item in items]
    worst = sorted(rows, key=lambda row: (row["overall_score"], row["index"]))
    return Report(
        title=f"Evaluation {run.run_name or run.id}",
        summary={
            "id": run.id,
            "project": run.project_name,
            "status": str(run.status),
            "overall score": run.overall_score,
            "items": f"{run.evaluated_items} of {run.total_items}",
            "items with errors": run.failed_items,
            "tokens": run.tokens_used,
        },
        columns=("index", "input", "output", "expected", *metrics, "overall_score", "errors"),
        rows=rows,
        document={**_plain(run), "items": [_plain(item) for item in items]},
        cases=[case for metric in run.metrics for case in _score_cases(metric, items)],
        sections=[
            Section(
                "Metrics",
                ("metric", "mean", "std error", "scored", "unscored", "passed", "engine"),
                [_metric(metric) for metric in run.metrics],
            ),
            _section("Lowest scores", ("index", *metrics, "input", "output"), worst),
        ],
    )


def report_failures(run: models.FailureAnalysis) -> Report:
    """Report a failure analysis, tag by tag."""
    tags = sorted(run.failure_tags, key=lambda tag: (tag.item_index, tag.tag_id))
    found = [tag for tag in tags if tag.decision != models.FailureDecision.PASS]
    worst = [_tag(tag) for tag in sorted(found, key=lambda tag: (-tag.severity, tag.item_index))]
    columns = ("item", "failure", "bucket", "decision", "severity", "confidence", "why")
    summary = run.summary
    return Report(
        title=f"Failure analysis {run.run_id}",
        summary={
            "id": run.run_id,
            "project": run.project_name,
            "status": str(run.status),
            "items with failures": f"{summary.items_with_failures} of {summary.total_items}",
            "failures": summary.total_failures_detected,
            "unsure": summary.total_uncertain,
            "worst": summary.primary_failure_name,
            "severity (of 5)": summary.overall_severity,
            "confidence": summary.overall_confidence,
            "hold a release": summary.should_gate_ci,
        },
        columns=(*columns, "evidence", "detector", "tag_id", "is_reviewed", "issue_url"),
        rows=[_tag(tag) for tag in tags],
        document=_plain(run),
        cases=[*_tag_cases(tags), *_clean_cases(run)],
        sections=[_section("Failures", columns, worst)],
    )


def report_audit(run: models.Audit, items: Sequence[models.AuditItem]) -> Report:
    """Report an audit, item by item."""
    rows = [_audited(item) for item in items]
    unsafe = [row for row in rows if not row["is_safe"]]
    unsafe.sort(key=lambda row: (-float(str(row["risk_score"])), row["index"]))
    categories: list[Row] = [
        {"category": name, "items": count} for name, count in run.triggered_categories.items()
    ]
    return Report(
        title=f"Audit {run.batch_name or run.id}",
        summary={
            "id": run.id,
            "status": str(run.status),
            "safety score": run.safety_score,
            "unsafe items": f"{run.unsafe_items} of {run.audited_items}",
            "most frequent": run.top_risk_category,
        },
        columns=(
            *("index", "is_safe", "categories", "risk_score", "user_input", "assistant_response"),
            *("input_categories", "explanation", "engine", "error"),
        ),
        rows=rows,
        document={**_plain(run), "items": [_plain(item) for item in items]},
        cases=[_audit_case(item) for item in items],
        sections=[
            Section("Categories", ("category", "items"), categories),
            _section("Unsafe items", ("index", "categories", "risk_score", "explanation"), unsafe),
        ],
    )


def report_red_team(run: models.RedTeam, attacks: Sequence[models.Attack]) -> Report:
    """Report a red team, attack by attack."""
    rows = [_attacked(attack) for attack in attacks]
    through = [row for row in rows if row["status"] == "succeeded"]
    vectors: list[Row] = [
        {"vector": vector.name, "attacks": vector.attacks, "got through": vector.successful}
        | {"rate": vector.success_rate}
        for vector in run.vectors
    ]
    return Report(
        title=f"Red team {run.name}",
        summary={
            "id": run.id,
            "status": str(run.status),
            "got through": f"{run.successful_attacks} of {run.answered_attacks}",
            "rate": run.success_rate,
            "could not be run": run.failed_attacks,
            "most frequent": run.top_vulnerability,
        },
        columns=(
            *("attack_id", "vector", "vulnerability", "severity", "status", "prompt", "response"),
            *("explanation", "evidence", "error"),
        ),
        rows=rows,
        document={**_plain(run), "attacks": [_plain(attack) for attack in attacks]},
        cases=[_attack_case(attack) for attack in attacks],
        sections=[
            Section("Vectors", ("vector", "attacks", "got through", "rate"), vectors),
            _section(
                "What got through", ("vector", "vulnerability", "severity", "explanation"), through
            ),
        ],
    )


def _plain(model: Model) -> dict[str, object]:
    plain: dict[str, object] = model.model_dump(mode="json")
    return plain


def _section(heading: str, columns: Sequence[str], rows: Sequence[Row]) -> Section:
    return Section(heading, columns, rows[:SHOWN], more=max(len(rows) - SHOWN, 0))


def _scored(item: models.EvaluationItem, metrics: Sequence[str]) -> dict[str, object]:
    scores = {metric: item.metric_scores.get(metric) for metric in metrics}
    texts = {"input": item.input, "output": item.output, "expected": item.expected}
    rest = {"overall_score": item.overall_score, "errors": item.errors}
    return {"index": item.index, **texts, **scores, **rest}


def _metric(metric: models.EvaluationMetric) -> Row:
    limit = "" if metric.threshold is None else f" (from {metric.threshold:g})"
    return {
        "metric": metric.metric_key,
        "mean": metric.mean_value,
        "std error": f"± {metric.standard_error:.3f}",
        "scored": metric.scored,
        "unscored": metric.unscored,
        "passed": None if metric.passed is None else f"{metric.passed}{limit}",
        "engine": metric.engine,
    }


def _score_cases(
    metric: models.EvaluationMetric, items: Sequence[models.EvaluationItem]
) -> Iterator[Case]:
    key, limit = metric.metric_key, metric.threshold
    for item in items:
        name, score = f"item {item.index}", item.metric_scores.get(key)
        if score is None:
            yield Case(key, name, "skipped", item.errors.get(key, "it could not be scored"))
        elif limit is not None and score < limit:
            why = item.explanations.get(key, "")
            yield Case(key, name, "failed", f"{score:.3f} is below {limit:g}; {why}".rstrip("; "))
        else:
            yield Case(key, name, "passed")


def _tag(tag: models.FailureTag) -> Row:
    return {
        "item": tag.item_index,
        "failure": tag.subcategory_name,
        "bucket": tag.bucket_name,
        "decision": str(tag.decision),
        "severity": tag.severity,
        "confidence": tag.confidence,
        "why": tag.judge_rationale,
        "evidence": [each.content_snippet for each in tag.evidence_items],
        "detector": tag.detector_type_used,
        "tag_id": tag.tag_id,
        "is_reviewed": tag.is_reviewed,
        "issue_url": tag.issue_url,
    }


def _tag_cases(tags: Sequence[models.FailureTag]) -> Iterator[Case]:
    for tag in tags:
        name = f"item {tag.item_index}: {tag.subcategory_name}"
        why = f"severity {tag.severity:g} of 5: {tag.judge_rationale}"
        match str(tag.decision):
            case "fail":
                yield Case(tag.bucket_name, name, "failed", why)
            case "unsure":
                yield Case(tag.bucket_name, name, "skipped", f"unsure: {tag.judge_rationale}")
            case _:
                yield Case(tag.bucket_name, name, "passed")


def _clean_cases(run: models.FailureAnalysis) -> Iterator[Case]:
    tagged = {tag.item_index for tag in run.failure_tags}
    for item in run.inputs:
        if item.item_index not in tagged:
            yield Case("no failures", f"item {item.item_index}", "passed")


def _audited(item: models.AuditItem) -> Row:
    return {
        "index": item.index,
        "is_safe": item.is_safe,
        "categories": item.triggered_categories,
        "risk_score": item.risk_score,
        "user_input": item.user_input,
        "assistant_response": item.assistant_response,
        "input_categories": item.input_safety_categories,
        "explanation": item.explanation,
        "engine": item.engine,
        "error": item.error,
    }


def _audit_case(item: models.AuditItem) -> Case:
    if item.is_safe:
        return Case("audit", f"item {item.index}", "passed")
    why = f"{', '.join(item.triggered_categories)}: {item.explanation}"
    return Case("audit", f"item {item.index}", "failed", why)


def _attacked(attack: models.Attack) -> Row:
    return {
        "attack_id": attack.attack_id,
        "vector": attack.attack_vector,
        "vulnerability": attack.vulnerability,
        "severity": attack.severity,
        "status": attack.status,
        "prompt": attack.prompt,
        "response": attack.response,
        "explanation": attack.explanation,
        "evidence": attack.evidence,
        "error": attack.error,
    }


def _attack_case(attack: models.Attack) -> Case:
    suite, name = attack.attack_vector, f"{attack.vulnerability} {attack.attack_id}"
    match attack.status:
        case "succeeded":
            return Case(suite, name, "failed", attack.explanation)
        case "error":
            return Case(suite, name, "error", attack.error or "it could not be run")
        case "pending":
            return Case(suite, name, "skipped", "it was not run")
        case _:
            return Case(suite, name, "passed")
