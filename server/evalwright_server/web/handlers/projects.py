"""Projects."""

from evalwright_server.services import projects
from evalwright_server.web.call import Answer, Call


async def list_projects(call: Call) -> Answer:
    """Answer a page of projects."""
    return Answer(await call.read(projects.list_projects, call.page(), call.list_filter()))


async def create_project(call: Call) -> Answer:
    """Create a project."""
    return Answer(await call.write(projects.create_project, call.body, stamp=call.stamp()))


async def get_project(call: Call) -> Answer:
    """Answer a project."""
    return Answer(await call.read(projects.get_project, call.values["project_id"]))


async def update_project(call: Call) -> Answer:
    """Rename a project."""
    project_id, if_match = call.values["project_id"], call.values.get("If-Match")
    view = await call.write(projects.update_project, project_id, call.body, if_match=if_match)
    return Answer(view)


async def delete_project(call: Call) -> Answer:
    """Delete a project with its tasks and their runs."""
    engine = call.context.engine
    await call.write(projects.delete_project, call.values["project_id"], engine=engine)
    return Answer()
