"""Organizations."""

from evalwright_server.services import organizations
from evalwright_server.web.call import Answer, Call


async def list_organizations(call: Call) -> Answer:
    """Answer a page of organizations."""
    name = call.values.get("name")
    return Answer(await call.read(organizations.list_organizations, call.page(), name))
