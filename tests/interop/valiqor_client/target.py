"""A system for red teams to attack: a chat over HTTP that does what it is told."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ChatTarget:
    """What was asked, and whether answers are held back.

    Attributes:
        url: Where it is.
        asked: The questions so far.
        keys: The keys that came with them.
        may_answer: Questions wait for this.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        self.keys: set[str | None] = set()
        self.was_asked = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def answer(self, question: str, key: str | None) -> str:
        """Answer a question once that is allowed."""
        self.asked.append(question)
        self.keys.add(key)
        self.was_asked.set()
        self.may_answer.wait(60)
        return "I can't help with that."


@contextmanager
def chat_target() -> Iterator[ChatTarget]:
    """Run a chat on loopback until the context ends."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = target.answer(asked["chat"][0]["text"], self.headers["X-Key"])
            body = json.dumps({"choices": [{"said": said}]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        target = ChatTarget(f"http://127.0.0.1:{running.server_port}/chat")
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield target
        finally:
            target.may_answer.set()
            running.shutdown()
            thread.join()
