"""A bare HTTP client for tests of the server."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson
import urllib3


@dataclass(frozen=True)
class Reply:
    """What a server answered."""

    status: int
    headers: urllib3.HTTPHeaderDict
    content: bytes

    @property
    def body(self) -> Any:
        """The JSON value in it."""
        return orjson.loads(self.content)

    def pointers(self) -> list[str]:
        """The wrong fields that a problem names."""
        return [error["pointer"] for error in self.body["errors"]]


@dataclass(frozen=True)
class Api:
    """A client without any policy, for one server."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    pool: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Send a request; a body is JSON, unless its content is given as it is."""
        sent = {**self.headers, **(headers or {})}
        if body is not None:
            content = orjson.dumps(body)
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        response = self.pool.request(
            method, self.url + path, body=content, headers=sent, retries=False, timeout=30
        )
        return Reply(response.status, response.headers, response.data)

    def get(self, path: str, **headers: str) -> Reply:
        """Read something."""
        return self.send("GET", path, headers=headers)

    def post(self, path: str, body: object = None, **headers: str) -> Reply:
        """Create something."""
        return self.send("POST", path, body, headers=headers)

    def patch(self, path: str, body: object, **headers: str) -> Reply:
        """Change something."""
        return self.send("PATCH", path, body, headers=headers)

    def delete(self, path: str) -> Reply:
        """Delete something."""
        return self.send("DELETE", path)

    def make(self, path: str, body: object, **headers: str) -> Any:
        """Create something and return it."""
        reply = self.post(path, body, **headers)
        assert reply.status == 201, reply.content
        return reply.body


def at(path: str, *ids: str) -> str:
    """Return a path with IDs in it, encoded as clients do."""
    return path.format(*(quote(each, safe="") for each in ids))
