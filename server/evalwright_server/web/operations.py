"""Every operation of the document has a handler, and every handler an operation."""

import inspect
from collections.abc import Iterable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import NamedTuple

from evalwright_server.web import handlers
from evalwright_server.web.call import Handler
from evalwright_server.web.document import Document, OperationSpec
from evalwright_server.web.routing import RouteTable


class ParityError(Exception):
    """The document and the handlers disagree; the server must not start."""


class Endpoint(NamedTuple):
    """An operation and what answers it."""

    operation: OperationSpec
    handler: Handler


def load_handlers() -> dict[str, Handler]:
    """Return the handlers of this package by operation ID."""
    names = [module.name for module in iter_modules(handlers.__path__)]
    return collect_handlers(import_module(f"{handlers.__name__}.{name}") for name in names)


def collect_handlers(modules: Iterable[ModuleType]) -> dict[str, Handler]:
    """Return the public coroutine functions that modules define, by name.

    Raises:
        ParityError: Two modules define the same one.
    """
    found: dict[str, Handler] = {}
    for module in modules:
        for name, function in inspect.getmembers(module, inspect.iscoroutinefunction):
            if name.startswith("_") or function.__module__ != module.__name__:
                continue
            if name in found:
                raise ParityError(f"two handlers are called {name}; one is in {module.__name__}")
            found[name] = function
    return found


def build_routes(document: Document, found: Mapping[str, Handler]) -> RouteTable[Endpoint]:
    """Return the routes of a document.

    Raises:
        ParityError: Naming every operation without handler and every handler without operation.
    """
    operations = document.operations
    complaints = [
        *(f"operation without handler: {name}" for name in operations if name not in found),
        *(f"handler without operation: {name}" for name in found if name not in operations),
    ]
    if complaints:
        raise ParityError("the document and the handlers disagree; " + "; ".join(complaints))
    routes: RouteTable[Endpoint] = RouteTable()
    for name, operation in operations.items():
        endpoint = Endpoint(operation, found[name])
        routes.add(operation.method, operation.path, endpoint)
        if operation.path.endswith("/"):
            # Not a redirection: that would turn POST into GET.
            routes.add(operation.method, operation.path.rstrip("/"), endpoint)
    return routes
