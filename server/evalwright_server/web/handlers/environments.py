"""Sets of packages that are installed on this host."""

import asyncio

from evalwright_server.services import environments
from evalwright_server.web.call import Answer, Call


async def list_environments(call: Call) -> Answer:
    """Answer every environment."""
    found = await asyncio.to_thread(environments.list_environments, call.context.environments)
    return Answer(found)


async def delete_environment(call: Call) -> Answer:
    """Remove an environment."""
    await environments.remove_environment(call.context.environments, call.values["key"])
    return Answer()
