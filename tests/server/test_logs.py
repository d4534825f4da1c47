"""Logs: a line per event, and never a secret in it."""

import io
import logging
from collections.abc import Callable, Iterator

import orjson
import pytest

from evalwright_server import logs
from fixtures_server import RunningServer
from server.client import Api


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def same_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_machines_get_json() -> None:
    stream = io.StringIO()
    logs.configure(stream)
    try:
        int("why")
    except ValueError:
        logging.getLogger("x").exception("it %s", "broke")
    entry = orjson.loads(stream.getvalue())
    assert entry["time"].endswith("Z")
    assert (entry["level"], entry["logger"], entry["message"]) == ("error", "x", "it broke")
    assert "ValueError" in entry["exception"]
    assert stream.getvalue().count("\n") == 1


def test_people_get_text() -> None:
    stream = Terminal()
    logs.configure(stream)
    fields = {"method": "GET", "path": "/x", "status": 200, "duration_ms": 1.5, "request_id": "r1"}
    logger = logging.getLogger("evalwright.requests")
    logger.info("%(method)s %(path)s %(status)s", fields, extra={"fields": fields})
    logger.warning("careful")
    first, second = stream.getvalue().splitlines()
    assert first.endswith("GET /x 200 in 1.5 ms (r1)")
    assert second.startswith("warning: ")


def test_nothing_secret_is_logged(
    start_server: Callable[..., RunningServer], connect: Callable[..., Api]
) -> None:
    stream = io.StringIO()
    logs.configure(stream)
    api = connect(start_server(api_keys=("key-of-the-server",), workers=0))
    api.get("/v2/spaces", Authorization="Bearer wrong-key-of-somebody")
    body = {
        "name": "i",
        "provider": "custom",
        "api_key": "key-of-the-provider",
        "headers": {"a": "header-of-the-provider"},
    }
    api.post("/v2/ai-integrations", body, Authorization="Bearer key-of-the-server")
    api.post("/v2/ai-integrations", {**body, "api_key": 5}, **{"X-API-Key": "key-of-the-server"})
    text = stream.getvalue()
    entries = [orjson.loads(line) for line in text.splitlines()]
    statuses = [entry["status"] for entry in entries if entry.get("path", "").startswith("/v2/")]
    assert statuses == [401, 201, 400]
    for secret in ("key-of", "header-of"):
        assert secret not in text
