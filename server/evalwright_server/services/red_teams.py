"""Red teams: attacks on a system, and what got through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Final

from sqlalchemy import Connection

from evalwright_server.audits import CATEGORIES
from evalwright_server.red_team import VECTORS
from evalwright_server.red_team.items import make_items
from evalwright_server.runs.analysis_payload import (
    AnalysisKind,
    AnalysisPayload,
    RedTeamOptions,
    Secrets,
)
from evalwright_server.services.analyses import AnalysisRequest
from evalwright_server.services.analysis_judges import JudgeWish, predict_tokens, read_judge
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
from evalwright_server.services.errors import Findings
from evalwright_server.services.red_team_targets import check_target, shown_url
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.security_settings import SecuritySettings
from evalwright_server.store.tables.analyses import analyses

KIND: Final = AnalysisKind.RED_TEAM
ATTACKS_PER_VECTOR: Final = 5
CONCURRENCY: Final = 4


def check_red_team(body: Mapping[str, Any], findings: Findings) -> None:
    """Note what a request says of vectors, categories and targets that there are not."""
    check_names(
        findings, "/attack_vector_keys", body.get("attack_vector_keys"), VECTORS, "attack vector"
    )
    check_names(
        findings,
        "/target_vulnerabilities",
        body.get("target_vulnerabilities"),
        CATEGORIES,
        "category",
    )
    check_target(body, findings)


def count_attacks(body: Mapping[str, Any], settings: SecuritySettings) -> dict[str, int]:
    """Return how many attacks of each vector a request asks for, weighted by its project.

    Raises:
        ServiceError: The project has disabled one of them, or leaves no attack.
    """
    findings = Findings()
    usual = body.get("attacks_per_vector", ATTACKS_PER_VECTOR)
    counts: dict[str, int] = {}
    for index, key in enumerate(body["attack_vector_keys"]):
        setting = settings.vector(key)
        counts[key] = ceil(usual * setting.weight)
        if not setting.enabled:
            findings.add(
                f"/attack_vector_keys/{index}",
                f"the project has disabled the attack vector {key!r}; leave it out, or enable it",
                allowed=[each for each in VECTORS if settings.vector(each).enabled],
            )
    if not any(counts.values()):
        findings.add("/attack_vector_keys", "the project gives all of them the weight 0")
    if not (body.get("target_vulnerabilities") or settings.enabled_categories):
        message = "the project has disabled all of them; name some, or enable one"
        findings.add("/target_vulnerabilities", message)
    findings.raise_if_any()
    return {key: count for key, count in counts.items() if count}


def make_attacks(
    body: Mapping[str, Any], counts: Mapping[str, int], settings: SecuritySettings, seed: str
) -> list[JsonObject]:
    """Return the attacks that a request asks for, in the form that runs ask for.

    Args:
        body: The request, judged.
        counts: How many of each vector.
        settings: What its project has set.
        seed: The same seed makes the same attacks.
    """
    aims = body.get("target_vulnerabilities") or settings.enabled_categories
    severities = settings.severities
    return [
        item | {"severity": severities.get(item["category"], item["severity"])}
        for item in make_items(counts, tuple(dict.fromkeys(aims)), seed=seed)
    ]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to attack, and how; called with a transaction, it is the run's payload."""

    options: RedTeamOptions
    model: JudgeWish | None

    def __call__(self, conn: Connection, space: int) -> AnalysisPayload:
        """Return the payload; see `AnalysisRequest.plan`."""
        used = None if self.model is None else self.model.use(conn, space)
        return AnalysisPayload(self.options.to_json(), used)


def plan_red_team(
    body: Mapping[str, Any],
    items: Sequence[JsonObject],
    account: UsageAccount,
    key: tuple[str, bytes] | None,
) -> AnalysisRequest:
    """Return the red team that a request asks for.

    Args:
        body: The request, judged.
        items: The attacks.
        account: Whose quota it counts for.
        key: The idempotency key and digest.
    """
    generate_only = body.get("generate_only", False)
    url = None if generate_only else body.get("target_url") or None
    model = None if generate_only or url else _model(body)
    options = RedTeamOptions(
        generate_only=generate_only,
        target_url=shown_url(url),
        system_prompt=body.get("target_prompt") or None,
        request_template=body.get("target_request_template"),
        response_key=body.get("target_response_key") or None,
        concurrency=body.get("target_concurrency", CONCURRENCY),
    )
    headers = (body.get("target_headers") or {}) if url else {}
    return AnalysisRequest(
        KIND,
        body.get("project_name"),
        items,
        Plan(options, model),
        account,
        name=body.get("run_name"),
        secrets=Secrets(model.api_key if model else None, url, headers),
        key=key,
        predicted_tokens=predict_tokens(items, 1) if model else 0,
    )


def _model(body: Mapping[str, Any]) -> JudgeWish:
    """Return the model that is attacked."""
    wish = read_judge(body, Findings())
    return replace(wish, model=body.get("target_model") or wish.model)


def view_red_team(conn: Connection, stored: StoredAnalysis) -> JsonObject:
    """Return a red team as it stands in answers."""
    summary, run = summary_of(conn, stored), stored.run
    figures = ("total_attacks", "answered_attacks", "failed_attacks", "successful_attacks",
               "success_rate", "distinct_vulns_count", "top_vulnerability")  # fmt: skip
    return {
        **dict.fromkeys(("id", "run_id", "job_id"), stored.uid),
        "project_id": stored.project.id,
        "name": stored.name or f"Red team of {run.created_at:%Y-%m-%d %H:%M}",
        "status": status_of(run),
        **{name: summary[name] for name in figures},
        "vectors": _view_vectors(summary["vectors"]),
        "target_url": stored.options.get("target_url"),
        "target_prompt": stored.options.get("system_prompt"),
        "error": error_of(run),
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def _view_vectors(vectors: Sequence[JsonObject]) -> list[JsonObject]:
    """Return what became of each vector, in the catalogue's order."""
    found = {vector["key"]: vector for vector in vectors}
    return [found[key] | {"name": VECTORS[key].name} for key in VECTORS if key in found]


def get_red_team(conn: Connection, uid: str) -> JsonObject:
    """Return a red team."""
    return view_red_team(conn, find_analysis(conn, KIND, uid))


def list_red_teams(conn: Connection, page: NumberedPage, *, project_id: str | None) -> JsonObject:
    """Return a page of red teams, newest first."""
    chosen = analyses_of(KIND)
    if project_id is not None:
        project = find_project(conn, project_id, "query:project_id")
        chosen = chosen.where(analyses.c.project_id == project.key)
    found, total = list_analyses(conn, chosen, page)
    return page.envelope("runs", [view_red_team(conn, each) for each in found], total)
