"""Operations of FailureAnalysis that are still to be written."""

from evalwright_server.services.errors import Unavailable
from evalwright_server.web.call import Answer, Call


async def analyze_failures(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("analyze_failures is not there yet", "wait for it")


async def list_failure_analyses(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_failure_analyses is not there yet", "wait for it")


async def count_failure_analyses(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("count_failure_analyses is not there yet", "wait for it")


async def get_failure_analysis(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_failure_analysis is not there yet", "wait for it")


async def get_failure_analysis_status(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_failure_analysis_status is not there yet", "wait for it")


async def cancel_failure_analysis(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("cancel_failure_analysis is not there yet", "wait for it")


async def list_failure_analysis_inputs(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_failure_analysis_inputs is not there yet", "wait for it")


async def list_failure_tags(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_failure_tags is not there yet", "wait for it")


async def update_failure_tag(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("update_failure_tag is not there yet", "wait for it")


async def get_failure_taxonomy(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_failure_taxonomy is not there yet", "wait for it")


async def list_failure_subcategories(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_failure_subcategories is not there yet", "wait for it")


async def get_failure_bucket(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_failure_bucket is not there yet", "wait for it")


async def list_failure_analysis_projects(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_failure_analysis_projects is not there yet", "wait for it")


async def get_failure_insights(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_failure_insights is not there yet", "wait for it")


async def get_failure_trends(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_failure_trends is not there yet", "wait for it")


async def get_security_insights(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_security_insights is not there yet", "wait for it")


async def try_failure_analysis(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("try_failure_analysis is not there yet", "wait for it")
