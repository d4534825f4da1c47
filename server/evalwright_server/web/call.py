"""One request on its way through a handler, and the answer that comes back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from evalwright_server.services.lists import ListFilter
from evalwright_server.services.pages import PageRequest
from evalwright_server.services.stamps import Stamp
from evalwright_server.web.context import ServerContext
from evalwright_server.web.document import OperationSpec
from evalwright_server.web.judge import Judge, component
from evalwright_server.web.problems import Problem

P = ParamSpec("P")
T = TypeVar("T")

DEFAULT_LIMIT: Final = 50
"""Rows of a page, unless the request says otherwise."""
DEFAULT_ROW_LIMIT: Final = 100
"""The same for pages of dataset examples and experiment runs."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers.

    Attributes:
        content: The JSON value, or None for an empty answer.
        tag: The entity tag, where the content does not determine it.
        headers: Headers beside those that every answer has.
        status: Its status, where the document has several for success.
    """

    content: Any = None
    tag: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request that the document has judged.

    Attributes:
        operation: What is asked for.
        values: Parameters by name; those left out or empty are not there.
        body: The JSON value sent; judged already unless its schema depends on what is stored. For
            an operation that takes something else, a `RawBody`.
        request: The request itself.
        context: The parts of the server.
        judge: Who judges what depends on what is stored.
    """

    operation: OperationSpec
    values: Mapping[str, Any]
    body: Any
    request: Request
    context: ServerContext
    judge: Judge

    @property
    def correlation_id(self) -> str | None:
        """What its sender knows the request by."""
        return getattr(self.request.state, "correlation_id", None)

    @property
    def client(self) -> bytes:
        """The digest of the key that it came with; empty on a server that asks for none."""
        client: bytes = self.request.state.client
        return client

    async def read(
        self,
        service: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a service that only reads."""
        return await self.context.db.read(_bind(service, *args, **kwargs))

    async def write(
        self,
        service: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a service in a transaction of its own."""
        return await self.context.db.write(_bind(service, *args, **kwargs))

    def stamp(self) -> Stamp:
        """Return when and by whom this request writes."""
        return Stamp(self.context.clock(), self.context.identity.user_id)

    def page(self, default: int = DEFAULT_LIMIT) -> PageRequest:
        """Return which page of a list is asked for."""
        return PageRequest(self.values.get("limit", default), self.values.get("cursor"))

    def searched_page(self) -> PageRequest:
        """Return which page of a search is asked for, which stands in the body."""
        limit = int(self.body.get("limit", DEFAULT_ROW_LIMIT))
        return PageRequest(limit, self.body.get("cursor"), "/cursor")

    def list_filter(self) -> ListFilter:
        """Return the filters that lists share."""
        values = self.values
        return ListFilter(values.get("space_id"), values.get("space_name"), values.get("name"))

    def judged(self, schema: str, foreign: Mapping[str, str]) -> "Call":
        """Return the call with its body judged by a schema that only the handler knew.

        Args:
            schema: Name of a component.
            foreign: Members that belong elsewhere, and what to say about each.

        Raises:
            Problem: It breaks the schema.
        """
        body, errors = self.judge.check(component(schema), self.body, foreign)
        if errors:
            raise Problem.invalid(errors)
        return replace(self, body=body)


Handler = Callable[[Call], Awaitable[Answer | Response]]
"""Answers one operation."""


def _bind(
    service: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> Callable[[Connection], T]:
    def unit(connection: Connection) -> T:
        return service(connection, *args, **kwargs)

    return unit
