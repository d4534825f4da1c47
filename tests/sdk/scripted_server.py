"""A real HTTP server on a port of its own that says what a test tells it to, faults included."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    """What arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """What is answered."""

    status: int = 200
    json: Any = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    """Hang up instead of answering."""

    hang: bool = False
    """Don't answer before the server stops."""

    cut: bool = False
    """Hang up in the middle of the body."""

    @property
    def content(self) -> bytes:
        if self.body is not None:
            return self.body
        return b"" if self.json is None else json.dumps(self.json).encode()

    @property
    def media(self) -> str:
        return "application/problem+json" if self.status >= 400 else "application/json"


def problem(status: int, detail: str = "no", **members: Any) -> Reply:
    body = {"title": "Problem", "status": status, "detail": detail, **members}
    return Reply(status, json=body, headers={"X-Request-Id": f"req-{status}"})


Handler = Callable[[Request], Reply]


class ScriptedServer:
    """Replies of a queue come first; then what is registered for method and path; then 404."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.queue: list[Reply] = []
        self.routes: dict[tuple[str, str], Handler] = {}
        self.stopped = threading.Event()
        self.base_url = ""
        self._lock = threading.Lock()

    def script(self, *replies: Reply) -> None:
        self.queue += replies

    def on(self, method: str, path: str, answer: Reply | Handler) -> None:
        handler = answer if callable(answer) else lambda _: answer
        self.routes[method, path] = handler

    def answer(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            if self.queue:
                return self.queue.pop(0)
            handler = self.routes.get((request.method, request.path))
            return handler(request) if handler else problem(404, f"nothing at {request.path}")

    @property
    def calls(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.requests]


class Connection(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, or Nagle makes each answer 40 ms late
    scripted: ClassVar[ScriptedServer]

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay quiet."""

    def answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(size))
        reply = self.scripted.answer(request)
        if reply.hang:
            self.scripted.stopped.wait(30)
        if reply.hang or reply.drop:
            self.close_connection = True
            return
        self.send(reply)

    def send(self, reply: Reply) -> None:
        content = b"" if reply.status in {204, 304} else reply.content
        self.send_response_only(reply.status)
        headers = {"Content-Type": reply.media, **reply.headers}
        if reply.status not in {204, 304}:
            headers["Content-Length"] = str(len(content) + (10 if reply.cut else 0))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = self.close_connection or reply.cut

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815


@contextmanager
def serving() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Connection,), {"scripted": server}))
    http.daemon_threads = True
    server.base_url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        http.shutdown()
        thread.join()
        http.server_close()
