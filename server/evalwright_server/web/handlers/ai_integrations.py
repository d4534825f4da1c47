"""AI integrations."""

from evalwright_server.services import ai_integrations
from evalwright_server.web.call import Answer, Call


async def list_ai_integrations(call: Call) -> Answer:
    """Answer a page of AI integrations."""
    view = await call.read(
        ai_integrations.list_integrations,
        call.page(),
        call.list_filter(),
        secrets=call.context.secrets,
    )
    return Answer(view)


async def create_ai_integration(call: Call) -> Answer:
    """Create an AI integration."""
    view = await call.write(
        ai_integrations.create_integration,
        call.body,
        stamp=call.stamp(),
        secrets=call.context.secrets,
    )
    return Answer(view)


async def get_ai_integration(call: Call) -> Answer:
    """Answer an AI integration, without its key."""
    integration_id, secrets = call.values["integration_id"], call.context.secrets
    view = await call.read(ai_integrations.get_integration, integration_id, secrets=secrets)
    return Answer(view)


async def update_ai_integration(call: Call) -> Answer:
    """Change an AI integration."""
    view = await call.write(
        ai_integrations.update_integration,
        call.values["integration_id"],
        call.body,
        stamp=call.stamp(),
        secrets=call.context.secrets,
        if_match=call.values.get("If-Match"),
    )
    return Answer(view)


async def delete_ai_integration(call: Call) -> Answer:
    """Delete an AI integration."""
    await call.write(ai_integrations.delete_integration, call.values["integration_id"])
    return Answer()
