"""Spaces."""

from evalwright_server.services import members, spaces
from evalwright_server.web.call import Answer, Call


async def list_spaces(call: Call) -> Answer:
    """Answer a page of spaces."""
    org_id, name = call.values.get("org_id"), call.values.get("name")
    return Answer(await call.read(spaces.list_spaces, call.page(), org_id=org_id, name=name))


async def create_space(call: Call) -> Answer:
    """Create a space."""
    identity = call.context.identity
    return Answer(
        await call.write(spaces.create_space, call.body, stamp=call.stamp(), identity=identity)
    )


async def get_space(call: Call) -> Answer:
    """Answer a space."""
    return Answer(await call.read(spaces.get_space, call.values["space_id"]))


async def update_space(call: Call) -> Answer:
    """Change a space."""
    space_id, if_match = call.values["space_id"], call.values.get("If-Match")
    return Answer(await call.write(spaces.update_space, space_id, call.body, if_match=if_match))


async def delete_space(call: Call) -> Answer:
    """Delete a space with everything in it."""
    engine = call.context.engine
    await call.write(spaces.delete_space, call.values["space_id"], engine=engine)
    return Answer()


async def add_space_user(call: Call) -> Answer:
    """Give a user a part in a space."""
    return Answer(await call.write(members.add_member, call.values["space_id"], call.body))


async def remove_space_user(call: Call) -> Answer:
    """Take a user's part in a space away."""
    space_id, user_id = call.values["space_id"], call.values["user_id"]
    await call.write(members.remove_member, space_id, user_id)
    return Answer()
