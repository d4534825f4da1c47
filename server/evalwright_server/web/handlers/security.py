"""Security audits, red teams, and what projects have set for them."""

import asyncio
import secrets
from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection
from starlette.responses import Response

from evalwright_server.runs.analysis_answers import keep_answers
from evalwright_server.runs.analysis_payload import AnalysisKind
from evalwright_server.services import (
    attacks,
    audit_items,
    audits,
    red_team_comparison,
    red_teams,
    security_settings,
)
from evalwright_server.services.analysis_records import find_analysis
from evalwright_server.services.errors import ResourceNotFound
from evalwright_server.services.red_team_targets import require_public
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.security_settings import SecuritySettings, settings_of_named
from evalwright_server.services.trace_steps import check_trace
from evalwright_server.web.analyses import (
    Patience,
    account_of,
    answer_cancel,
    answer_status,
    decide,
    numbered_page,
    start,
)
from evalwright_server.web.analysis_bodies import idempotency_of, judged_body
from evalwright_server.web.analysis_streams import stream_items
from evalwright_server.web.call import Answer, Call


async def audit_dataset(call: Call) -> Answer | Response:
    """Audit a dataset."""
    body = judged_body(call, "AuditDatasetRequest", audits.check_audit)
    return await _audit(call, body, audits.read_dataset(body["dataset"]))


async def audit_trace(call: Call) -> Answer | Response:
    """Audit the steps of a trace."""
    body = judged_body(call, "AuditTraceRequest", audits.check_audit, check_trace)
    return await _audit(call, body, audits.read_trace(body["trace"]))


async def _audit(call: Call, body: JsonObject, items: Sequence[JsonObject]) -> Answer | Response:
    settings = await call.read(settings_of_named, body.get("project_name"))
    request = audits.plan_audit(body, items, settings, account_of(call), idempotency_of(call))
    patience = decide(call.values.get("Prefer"), body.get("config"), total_items=len(items))
    return await start(call, request, patience, audits.view_audit)


async def get_security_status(call: Call) -> Answer:
    """Answer how far an audit or a red team has come."""
    uid = call.values["job_id"]
    return await answer_status(call, await call.read(_kind_of, uid), uid)


async def cancel_security_job(call: Call) -> Answer:
    """Cancel an audit or a red team."""
    uid = call.values["job_id"]
    return await answer_cancel(call, await call.read(_kind_of, uid), uid)


def _kind_of(conn: Connection, uid: str) -> AnalysisKind:
    for kind in (AnalysisKind.SECURITY, AnalysisKind.RED_TEAM):
        try:
            return find_analysis(conn, kind, uid).kind
        except ResourceNotFound:
            continue
    raise ResourceNotFound(
        f"no security audit or red team has the ID {uid!r}; it may have been deleted"
    )


async def list_audits(call: Call) -> Answer:
    """Answer a page of audits."""
    project_id, page = call.values.get("project_id"), numbered_page(call)
    return Answer(await call.read(audits.list_audits, page, project_id=project_id))


async def get_audit(call: Call) -> Answer:
    """Answer an audit, finished or not."""
    return Answer(await call.read(audits.get_audit, call.values["batch_id"]))


async def list_audit_items(call: Call) -> Answer:
    """Answer a page of items."""
    batch_id, page = call.values["batch_id"], numbered_page(call)
    return Answer(await call.read(audit_items.list_items, batch_id, page))


async def stream_audit_items(call: Call) -> Response:
    """Send items as they are judged."""
    kind, batch_id = AnalysisKind.SECURITY, call.values["batch_id"]
    return await stream_items(call, kind, batch_id, audit_items.view_item)


async def get_audit_item(call: Call) -> Answer:
    """Answer an item."""
    return Answer(await call.read(audit_items.get_item, call.values["item_id"]))


async def list_vulnerabilities(_call: Call) -> Answer:
    """Answer the categories of harm."""
    return Answer(security_settings.list_vulnerabilities())


async def list_attack_vectors(_call: Call) -> Answer:
    """Answer the ways to attack."""
    return Answer(security_settings.list_attack_vectors())


async def list_project_vulnerabilities(call: Call) -> Answer:
    """Answer the categories of harm as a project has set them."""
    project_id = call.values["project_id"]
    return Answer(await call.read(security_settings.list_project_vulnerabilities, project_id))


async def update_project_vulnerability(call: Call) -> Answer:
    """Change how a project treats a category of harm."""
    project_id, code = call.values["project_id"], call.values["vulnerability_id"]
    change = partial(security_settings.update_project_vulnerability, changes=call.body)
    return Answer(await call.write(change, project_id, code))


async def list_project_attack_vectors(call: Call) -> Answer:
    """Answer the attack vectors as a project has set them."""
    project_id = call.values["project_id"]
    return Answer(await call.read(security_settings.list_project_attack_vectors, project_id))


async def update_project_attack_vector(call: Call) -> Answer:
    """Change how a project treats an attack vector."""
    project_id, key = call.values["project_id"], call.values["vector_id"]
    change = partial(security_settings.update_project_attack_vector, changes=call.body)
    return Answer(await call.write(change, project_id, key))


async def start_red_team(call: Call) -> Answer | Response:
    """Start a red team, which always goes on behind the answer."""
    body = judged_body(call, "StartRedTeamRequest", red_teams.check_red_team)
    starter = call.context.analyses
    request = red_teams.plan_red_team(
        body, await _make_attacks(call, body), account_of(call), idempotency_of(call)
    )
    url = request.secrets.target_url
    if url is not None and not starter.allow_private_targets:
        await require_public(url)
    return await start(call, request, Patience(0.0), red_teams.view_red_team)


async def _make_attacks(call: Call, body: JsonObject) -> list[JsonObject]:
    settings: SecuritySettings = await call.read(settings_of_named, body.get("project_name"))
    counts = red_teams.count_attacks(body, settings)
    call.context.analyses.check_size(sum(counts.values()))
    # Thousands of attacks take longer to write than other requests should wait.
    seed = secrets.token_hex(16)
    return await asyncio.to_thread(red_teams.make_attacks, body, counts, settings, seed)


async def list_red_teams(call: Call) -> Answer:
    """Answer a page of red teams."""
    project_id, page = call.values.get("project_id"), numbered_page(call)
    return Answer(await call.read(red_teams.list_red_teams, page, project_id=project_id))


async def get_red_team(call: Call) -> Answer:
    """Answer a red team, finished or not."""
    return Answer(await call.read(red_teams.get_red_team, call.values["run_id"]))


async def list_attacks(call: Call) -> Answer:
    """Answer a page of attacks."""
    return Answer(await call.read(attacks.list_attacks, call.values["run_id"], numbered_page(call)))


async def get_attack(call: Call) -> Answer:
    """Answer an attack."""
    return Answer(await call.read(attacks.get_attack, call.values["attack_id"]))


async def submit_attack_responses(call: Call) -> Answer:
    """Judge what a system answered, and answer what that makes of the red team."""
    uid = call.values["run_id"]
    run_id, answers = await call.read(attacks.read_answers, uid, call.body["responses"])
    await keep_answers(call.context.db, run_id, answers)
    return Answer(await call.read(red_teams.get_red_team, uid))


async def compare_red_teams(call: Call) -> Answer:
    """Answer red teams side by side."""
    return Answer(await call.read(red_team_comparison.compare_red_teams, call.values["run_ids"]))
