"""No answer, or one that can't be read."""

from evalwright._errors.base import EvalwrightError
from evalwright._errors.timeouts import TimeoutError  # noqa: A004 - ours is one of Python's, too


class ConnectionFailed(EvalwrightError, ConnectionError):
    """The server could not be reached, or hung up."""

    base_url: str
    """The address that was tried."""

    reason: str
    """What the network said."""

    def __init__(self, *, base_url: str, reason: str) -> None:
        super().__init__(
            f"no connection to {base_url}: {reason}. Is the server running there? Start one with "
            "`evalwright serve`, or set base_url / EVALWRIGHT_BASE_URL to where it is"
        )
        self.base_url = base_url
        self.reason = reason


class Timeout(TimeoutError):
    """No complete answer within the time the caller allowed."""

    method: str
    """The method of the request."""

    path: str
    """The path of the request, with its query."""

    def __init__(self, *, method: str, path: str, timeout: float) -> None:
        super().__init__(
            f"no answer to {method} {path} within {timeout:g} s; raise timeout if the server "
            "needs longer"
        )
        self.method = method
        self.path = path
        self.timeout = timeout


class ResponseFormatError(EvalwrightError):
    """The answer is not what the document promises: HTML, cut JSON, a wrong shape."""

    status: int
    """The HTTP status."""

    request_id: str | None
    """What to quote when asking about this answer."""

    method: str
    """The method of the request."""

    path: str
    """The path of the request, with its query."""

    body: bytes
    """The first bytes of the answer."""

    def __init__(
        self,
        *,
        status: int,
        method: str,
        path: str,
        request_id: str | None,
        reason: str,
        body: bytes,
    ) -> None:
        where = f"{method} {path}" + (f", request {request_id}" if request_id else "")
        start = body[:200]
        begins = f"; it begins with {start!r}" if start else ""
        super().__init__(
            f"can't read the answer {status} ({where}): {reason}{begins}. "
            "Is there a proxy in between, or another service at this address?"
        )
        self.status = status
        self.request_id = request_id
        self.method = method
        self.path = path
        self.body = start
