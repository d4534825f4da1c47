"""Security audits: datasets and traces looked through for harm."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from evalwright_server.audits import CATEGORIES
from evalwright_server.runs.analysis_payload import (
    AnalysisKind,
    AuditOptions,
    EngineChoice,
)
from evalwright_server.services.analyses import AnalysisRequest
from evalwright_server.services.analysis_judges import JudgedPlan, predict_tokens, read_judge
from evalwright_server.services.analysis_projects import find_project
from evalwright_server.services.analysis_quotas import UsageAccount
from evalwright_server.services.analysis_records import (
    NumberedPage,
    StoredAnalysis,
    analyses_of,
    find_analysis,
    list_analyses,
    summary_of,
)
from evalwright_server.services.analysis_rules import check_names
from evalwright_server.services.analysis_views import error_of, status_of
from evalwright_server.services.audit_items import list_unsafe
from evalwright_server.services.errors import Findings
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.security_settings import SecuritySettings
from evalwright_server.services.trace_steps import read_steps
from evalwright_server.store.tables.analyses import analyses

KIND: Final = AnalysisKind.SECURITY
_ITEM_MEMBERS: Final = ("user_input", "assistant_response", "conversation_history")


def check_audit(body: Mapping[str, Any], findings: Findings) -> None:
    """Note what a request says of categories that there are not, and of a judge that can't be."""
    check_names(findings, "/categories", body.get("categories"), CATEGORIES, "category")
    read_judge(body, findings)


def read_dataset(dataset: Sequence[Mapping[str, Any]]) -> list[JsonObject]:
    """Return the items of a dataset in the form that runs ask for."""
    return [{name: item[name] for name in _ITEM_MEMBERS if name in item} for item in dataset]


def read_trace(trace: Mapping[str, Any]) -> list[JsonObject]:
    """Return the steps of a trace as items."""
    return [
        {"user_input": step.input, "assistant_response": step.output} for step in read_steps(trace)
    ]


def plan_audit(
    body: Mapping[str, Any],
    items: Sequence[JsonObject],
    settings: SecuritySettings,
    account: UsageAccount,
    key: tuple[str, bytes] | None,
) -> AnalysisRequest:
    """Return the audit that a request asks for.

    Args:
        body: The request, judged.
        items: What to audit.
        settings: What its project has set.
        account: Whose quota it counts for.
        key: The idempotency key and digest.

    Raises:
        InvalidRequest: There is nothing to look for.
    """
    findings = Findings()
    wish = read_judge(body, findings)
    chosen = body.get("categories") or settings.enabled_categories
    if not chosen:
        findings.add(
            "/categories", "the project has disabled all of them; name some, or enable one"
        )
    findings.raise_if_any()
    options = AuditOptions(
        tuple(code for code in CATEGORIES if code in chosen),
        wish.engine if wish.is_there else EngineChoice.OFFLINE,
        settings.thresholds,
        settings.severities,
    )
    return AnalysisRequest(
        KIND,
        body.get("project_name"),
        items,
        JudgedPlan(options, wish),
        account,
        name=body.get("batch_name"),
        secrets=wish.secrets,
        key=key,
        predicted_tokens=predict_tokens(items, 1) if wish.is_there else 0,
    )


def view_audit(conn: Connection, stored: StoredAnalysis) -> JsonObject:
    """Return an audit as it stands in answers, with its unsafe items."""
    return _view(conn, stored) | {"details": list_unsafe(conn, stored)}


def get_audit(conn: Connection, uid: str) -> JsonObject:
    """Return an audit."""
    return view_audit(conn, find_analysis(conn, KIND, uid))


def list_audits(conn: Connection, page: NumberedPage, *, project_id: str | None) -> JsonObject:
    """Return a page of audits without their items, newest first."""
    chosen = analyses_of(KIND)
    if project_id is not None:
        project = find_project(conn, project_id, "query:project_id")
        chosen = chosen.where(analyses.c.project_id == project.key)
    found, total = list_analyses(conn, chosen, page)
    return page.envelope("batches", [_view(conn, each) for each in found], total)


def _view(conn: Connection, stored: StoredAnalysis) -> JsonObject:
    summary, run = summary_of(conn, stored), stored.run
    audited, unsafe = summary["audited_items"], summary["unsafe_items"]
    rate = unsafe / audited if audited else 0.0
    return {
        **dict.fromkeys(("id", "audit_id", "batch_id", "job_id"), stored.uid),
        "project_id": stored.project.id,
        "batch_name": stored.name,
        "status": status_of(run),
        "total_items": stored.total_items,
        "audited_items": audited,
        "unsafe_items": unsafe,
        "unsafe_count": unsafe,
        "safe_count": audited - unsafe,
        "unsafe_rate": rate,
        "safety_score": 1 - rate,
        "triggered_categories": summary["triggered_categories"],
        "top_risk_category": summary["top_risk_category"],
        "details": [],
        "tokens_used": stored.tokens_used,
        "error": error_of(run),
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }
