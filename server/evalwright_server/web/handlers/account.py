"""The account of whoever sends a request."""

from evalwright_server.services import organizations
from evalwright_server.services.analysis_quotas import view_usage
from evalwright_server.web.analyses import account_of
from evalwright_server.web.call import Answer, Call


async def validate_key(call: Call) -> Answer:
    """Answer who a key belongs to; other keys don't come this far."""
    return Answer(await call.read(organizations.describe_owner, call.context.identity))


async def get_usage(call: Call) -> Answer:
    """Answer how much of the quotas is used."""
    limits = call.context.analyses.limits
    return Answer(await call.read(view_usage, account_of(call), limits))
