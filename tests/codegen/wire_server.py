"""An HTTP server that plays the bytes it is given, so that a test decides what is on the wire."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from io import BufferedIOBase

JSON = "application/json"
PROBLEM = "application/problem+json"

Piece = bytes | threading.Event | None
"""Bytes to send, something to wait for before going on, or None to hang up."""


@dataclass(frozen=True)
class Seen:
    """A request as it came over the wire; header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def answer(status: int, body: object = b"", media: str | None = JSON, **headers: str) -> bytes:
    """Write a whole answer; a body that is no bytes is written as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content-length": str(len(content)), **headers}
    if media is not None:
        fields["content-type"] = media
    return head(status, **fields) + content


def head(status: int, **headers: str) -> bytes:
    """Write the head of an answer; underscores in names stand for hyphens."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def chunk(content: bytes) -> bytes:
    """Write one chunk of a chunked body; an empty one ends it."""
    return b"%x\r\n%b\r\n" % (len(content), content)


class WireServer:
    """Plays one script for each request, in the order they were given."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.connections = 0
        self.stopped = threading.Event()
        self.url = ""
        self._scripts: list[tuple[Piece, ...]] = []

    def play(self, *pieces: Piece) -> None:
        """Add the script for one more request."""
        self._scripts.append(pieces)

    def serve(self, stream: BufferedIOBase, send: BufferedIOBase) -> bool:
        """Answer one request; say whether another may follow."""
        line = stream.readline()
        if not line:
            return False
        method, target, _ = line.decode().split(" ", 2)
        headers: dict[str, str] = {}
        while (field := stream.readline()) not in (b"\r\n", b""):
            name, _, value = field.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        self.seen.append(Seen(method, target, headers, body))
        for piece in self._scripts.pop(0):
            if piece is None:
                return False
            if isinstance(piece, threading.Event):
                while not (piece.wait(0.02) or self.stopped.is_set()):
                    pass
            else:
                send.write(piece)
                send.flush()
        return not self.stopped.is_set()


@contextmanager
def serving() -> Iterator[WireServer]:
    """Run a server on a free port of this machine."""
    wire = WireServer()

    class Connection(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            wire.connections += 1
            try:
                while wire.serve(self.rfile, self.wfile):
                    pass
            except OSError:
                pass  # the client hung up, as some tests want it to

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Connection) as server:
        wire.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield wire
        finally:
            wire.stopped.set()
            server.shutdown()
            thread.join()
