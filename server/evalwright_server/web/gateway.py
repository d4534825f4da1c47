"""The way of every request: who sends it, what it asks for, whether it is right, the answer."""

import logging
import os
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from evalwright_server.services.revisions import entity_tag, matches
from evalwright_server.web.analysis_bodies import ANALYSIS_OPERATIONS
from evalwright_server.web.analysis_problems import render_analysis_problem
from evalwright_server.web.bodies import read_body, read_raw_body
from evalwright_server.web.call import Answer, Call
from evalwright_server.web.content import dump
from evalwright_server.web.context import ServerContext
from evalwright_server.web.dialects.translation import UNSUPPORTED, Interpreter, Translator
from evalwright_server.web.dialects.valiqor import native_path
from evalwright_server.web.document import BodySpec, Document, Family, OperationSpec
from evalwright_server.web.guards import check_source
from evalwright_server.web.job_bodies import Leniency, read_job_body
from evalwright_server.web.job_problems import render_job_problem
from evalwright_server.web.judge import Judge
from evalwright_server.web.keys import KeyRing
from evalwright_server.web.operations import Endpoint
from evalwright_server.web.parameters import read_parameters
from evalwright_server.web.presence import ClientGone
from evalwright_server.web.problems import Problem, problem_of, render
from evalwright_server.web.rate_limits import RateLimiter
from evalwright_server.web.routing import RouteTable

DOCUMENT_PATH: Final = b"/openapi.json"
OPEN_OPERATIONS: Final = frozenset({"get_health"})
"""Operations that need no key."""
JUDGED_BY_HANDLER: Final = frozenset({"update_task", "trigger_task_run"}) | ANALYSIS_OPERATIONS
"""Operations whose body has a schema that depends on what is stored, or rules besides."""

_SECURITY_HEADERS: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"x-xss-protection", b"1; mode=block"),
]
_VERSIONS: Final = frozenset({"v1", "v2"})
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

logger = logging.getLogger("evalwright.requests")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server takes from its clients.

    Attributes:
        keys: Who may come in; everyone on this machine if empty.
        rate: How often.
        body_bytes: The largest body.
        is_open: Whether strangers elsewhere may come in without a key.
    """

    keys: KeyRing
    rate: RateLimiter
    body_bytes: int
    is_open: bool = False


class Gateway(BaseRoute):
    """Answers every request, whatever its path."""

    def __init__(
        self,
        context: ServerContext,
        document: Document,
        routes: RouteTable[Endpoint],
        limits: Limits,
    ) -> None:
        self._context = context
        self._document = document
        self._routes = routes
        self._limits = limits
        self._judge = Judge(document, UNSUPPORTED)
        self._interpreter = Interpreter(document)
        self._leniency = Leniency(document)
        self._families = _families(document.operations.values())

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Take all HTTP requests."""
        return (Match.FULL if scope["type"] == "http" else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and write a line about it."""
        started = perf_counter()
        request = Request(scope, receive, send)
        exchange = _Exchange(
            _request_id(request),
            request.headers.get("x-correlation-id") or str(uuid.uuid4()),
            self._interpreter.translator(request.headers),
        )
        request.state.correlation_id = exchange.correlation_id
        response = await self._respond(request, exchange)
        if response is None:
            self._log(request, exchange, "gone", started)
            return
        response.raw_headers += [*_SECURITY_HEADERS, *exchange.headers()]
        try:
            await response(scope, receive, send)
        finally:
            self._log(request, exchange, response.status_code, started)

    async def _respond(self, request: Request, exchange: "_Exchange") -> Response | None:
        """Return the answer, or None if nobody waits for it any more."""
        try:
            response = await self._answer(request, exchange)
        except (ClientGone, ClientDisconnect):
            return None
        except Exception as error:
            problem = problem_of(error)
            if problem is None:
                logger.exception("request %s failed", exchange.request_id, exc_info=error)
                problem = Problem(
                    500,
                    "something went wrong in the server; its log tells more under the request ID "
                    f"{exchange.request_id}",
                )
            response = self._render(problem, request, exchange)
        if self._context.validate_answers:
            self._validate(response, exchange)
        return response

    def _render(self, problem: Problem, request: Request, exchange: "_Exchange") -> Response:
        path = _shown_path(request)
        family = self._family(path, exchange)
        if family is Family.JOBS:
            return render_job_problem(
                problem,
                path=path,
                request_id=exchange.request_id,
                correlation_id=exchange.correlation_id,
                is_found=exchange.endpoint is not None,
                has_body=request.method != "HEAD",
            )
        if family is Family.ANALYSES:
            return render_analysis_problem(problem, path=path, request_id=exchange.request_id)
        return render(
            problem,
            path=path,
            request_id=exchange.request_id,
            plain=exchange.translator.dialect.plain_problems,
            statuses=exchange.translator.dialect.statuses,
        )

    def _family(self, path: str, exchange: "_Exchange") -> Family:
        """Return the family that a request belongs to, even if there is nothing at its path."""
        if exchange.endpoint is not None:
            return exchange.endpoint.operation.family
        return self._families.get(_root(path), Family.NATIVE)

    async def _answer(self, request: Request, exchange: "_Exchange") -> Response:
        raw_path = native_path(request.scope["raw_path"], request.headers)
        if not self._limits.keys:
            check_source(request.headers, is_open=self._limits.is_open)
        if raw_path == DOCUMENT_PATH and request.method == "GET":
            return Response(self._document.content, media_type="application/json")
        found = self._routes.find(request.method, raw_path)
        if found is None or found[0].operation.id not in OPEN_OPERATIONS:
            client = self._identify(request)
            request.state.client = client
            if found is None or not _is_poll(found[0].operation):
                self._limits.rate.admit(client)
        if found is None:
            raise self._routes.refusal(request.method, raw_path)
        endpoint, path = found
        exchange.endpoint = endpoint
        call = await self._judge_call(endpoint, path, request, exchange.translator)
        result = await endpoint.handler(call)
        if isinstance(result, Answer):
            return _finish(call, result, exchange.translator)
        return result

    def _identify(self, request: Request) -> bytes:
        return self._limits.keys.identify(request.headers) if self._limits.keys else b""

    async def _judge_call(
        self, endpoint: Endpoint, path: dict[str, str], request: Request, translator: Translator
    ) -> Call:
        operation = endpoint.operation
        if operation.family is not Family.NATIVE:
            # No ID and no file has this mark, so it is not found like any other wrong name.
            path = {name: value.replace("\0", "\ufffd") for name, value in path.items()}
        values, errors = read_parameters(
            self._judge, operation, path, request.scope["query_string"], request.headers
        )
        body: Any = {}
        if operation.body is not None and not operation.body.is_json:
            body = await read_raw_body(request, operation.body, self._limits.body_bytes)
        elif operation.body is not None:
            body = await self._read_body(operation, operation.body, request, translator)
            if operation.id not in JUDGED_BY_HANDLER:
                body, wrong = self._judge.check(operation.body.schema.pointer, body)
                errors += wrong
        if errors:
            raise Problem.invalid(errors)
        return Call(operation, values, body, request, self._context, self._judge)

    async def _read_body(
        self, operation: OperationSpec, spec: BodySpec, request: Request, translator: Translator
    ) -> object:
        limit = self._limits.body_bytes
        if operation.is_of_jobs:
            found = await read_job_body(request, spec, limit)
            return {} if found is None else self._leniency.apply(spec.schema.pointer, found.value)
        nan_is_null = translator.dialect.nan_is_null
        found = await read_body(request, spec, limit, nan_is_null=nan_is_null)
        return {} if found is None else translator.read(operation, found.value)

    def _validate(self, response: Response, exchange: "_Exchange") -> None:
        """Check an answer against the document; for tests, which see the exception."""
        if exchange.endpoint is not None and exchange.translator.is_native:
            self._judge.check_answer(exchange.endpoint.operation, response)

    def _log(
        self, request: Request, exchange: "_Exchange", status: int | str, started: float
    ) -> None:
        operation = exchange.endpoint.operation.id if exchange.endpoint else None
        fields = {
            "request_id": exchange.request_id,
            "method": request.method,
            "path": _shown_path(request),
            "operation": operation,
            "status": status,
            "duration_ms": round((perf_counter() - started) * 1000, 2),
        }
        logger.info("%(method)s %(path)s %(status)s", fields, extra={"fields": fields})


@dataclass(slots=True)
class _Exchange:
    """What becomes known about a request on its way."""

    request_id: str
    correlation_id: str
    translator: Translator
    endpoint: Endpoint | None = None

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return what tells its sender which request an answer belongs to."""
        return [
            (b"x-request-id", self.request_id.encode()),
            (b"x-correlation-id", self.correlation_id.encode("latin-1")),
        ]


def _families(operations: Iterable[OperationSpec]) -> dict[str, Family]:
    """Return the family that each beginning of a path belongs to."""
    return {_root(operation.path): operation.family for operation in operations}


def _root(path: str) -> str:
    """Return what tells families apart: the first part of a path, and the one behind a version."""
    first, _, rest = path.lstrip("/").partition("/")
    return f"{first}/{rest.partition('/')[0]}" if first in _VERSIONS else first


def _is_poll(operation: OperationSpec) -> bool:
    """Tell whether clients ask it again and again, and give up when they are refused once."""
    return operation.is_of_analyses and operation.path.endswith("/status")


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else os.urandom(8).hex()


def _shown_path(request: Request) -> str:
    """Return the path as it was sent: decoded, it could move the cursor of a terminal."""
    raw: bytes = request.scope["raw_path"]
    return raw.decode("ascii", "backslashreplace")


def _finish(call: Call, answer: Answer, translator: Translator) -> Response:
    """Return the answer with its status and, where the document has one, its entity tag.

    The tag is that of the native form, whoever asks.
    """
    operation = call.operation
    headers = dict(answer.headers)
    if "ETag" in operation.answer_headers:
        headers["ETag"] = answer.tag or entity_tag(answer.content)
        condition = call.values.get("If-None-Match")
        if condition is not None and matches(headers["ETag"], condition):
            return Response(status_code=304, headers=headers)
    if answer.content is None:
        return Response(status_code=operation.success, headers=headers)
    content = answer.content
    if not operation.is_of_jobs:
        content = translator.write(operation, content)
    body = dump(content, with_offset=operation.is_of_jobs)
    status = answer.status or operation.success
    return Response(body, status, headers=headers, media_type="application/json")
