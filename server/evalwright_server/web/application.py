"""The ASGI application."""

from starlette.applications import Starlette

from evalwright_server.web.context import ServerContext
from evalwright_server.web.document import Document
from evalwright_server.web.gateway import Gateway, Limits
from evalwright_server.web.operations import build_routes, load_handlers


def build_application(context: ServerContext, limits: Limits) -> Starlette:
    """Return the application that answers the bundled document's operations.

    Raises:
        ParityError: An operation has no handler, or a handler no operation.
    """
    document = Document.bundled()
    routes = build_routes(document, load_handlers())
    return Starlette(routes=[Gateway(context, document, routes, limits)])
