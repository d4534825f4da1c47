"""Operations of Security that are still to be written."""

from evalwright_server.services.errors import Unavailable
from evalwright_server.web.call import Answer, Call


async def audit_dataset(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("audit_dataset is not there yet", "wait for it")


async def audit_trace(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("audit_trace is not there yet", "wait for it")


async def get_security_status(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_security_status is not there yet", "wait for it")


async def cancel_security_job(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("cancel_security_job is not there yet", "wait for it")


async def list_audits(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_audits is not there yet", "wait for it")


async def get_audit(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_audit is not there yet", "wait for it")


async def list_audit_items(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_audit_items is not there yet", "wait for it")


async def stream_audit_items(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("stream_audit_items is not there yet", "wait for it")


async def get_audit_item(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_audit_item is not there yet", "wait for it")


async def list_vulnerabilities(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_vulnerabilities is not there yet", "wait for it")


async def list_attack_vectors(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_attack_vectors is not there yet", "wait for it")


async def list_project_vulnerabilities(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_project_vulnerabilities is not there yet", "wait for it")


async def update_project_vulnerability(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("update_project_vulnerability is not there yet", "wait for it")


async def list_project_attack_vectors(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_project_attack_vectors is not there yet", "wait for it")


async def update_project_attack_vector(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("update_project_attack_vector is not there yet", "wait for it")


async def start_red_team(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("start_red_team is not there yet", "wait for it")


async def list_red_teams(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_red_teams is not there yet", "wait for it")


async def get_red_team(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_red_team is not there yet", "wait for it")


async def list_attacks(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_attacks is not there yet", "wait for it")


async def submit_attack_responses(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("submit_attack_responses is not there yet", "wait for it")


async def get_attack(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_attack is not there yet", "wait for it")


async def compare_red_teams(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("compare_red_teams is not there yet", "wait for it")
