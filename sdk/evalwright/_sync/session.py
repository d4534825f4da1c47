# Generated from sdk/evalwright/_async/session.py by scripts/unasync.py: do not edit.
"""Sending requests: retries, one deadline for the whole call, errors in this library's terms."""

import random
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from evalwright._config import Config
from evalwright._errors.api import APIError, QuotaExceededError
from evalwright._errors.base import ClientClosed, EvalwrightError
from evalwright._errors.network import ConnectionFailed, ResponseFormatError, Timeout
from evalwright._problems import path_of, translate
from evalwright._retry import Clock, RetryPlan, repeatable
from evalwright._wire.urllib3_wire import Stream, Urllib3Wire
from evalwright_api.errors import ApiError
from evalwright_api.types import NotModified, Request, Response, StreamRequest

_T = TypeVar("_T")


class Session:
    """What resource clients share: settings, connections and the clock."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.config: Config = config
        self.clock: Clock = clock or Clock(time.monotonic, time.time, random.random)
        self.sleep: Callable[[float], None] = sleep
        self._wire = Urllib3Wire(config)
        self._closed = False

    def send(self, request: Request[_T]) -> _T:
        """Send a request and give what the server answered."""
        return self.send_full(request).value

    def fresh(self, request: Request[_T | NotModified]) -> _T:
        """Send a request that names no known version, so that 304 is no answer to it."""
        response = self.send_full(request)
        if isinstance(response.value, NotModified):
            raise ResponseFormatError(
                status=response.status,
                method=request.operation.method,
                path=request.target,
                request_id=response.headers.get("X-Request-Id"),
                reason="304 without If-None-Match",
                body=b"",
            )
        return response.value

    def send_full(
        self,
        request: Request[_T],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        is_repeatable: bool = False,
    ) -> Response[_T]:
        """Send a request and give the answer with its status and headers.

        Args:
            request: What to send.
            timeout: Seconds for the whole call; the client's when None.
            max_retries: How often to try again; as the client does when None.
            is_repeatable: Whether to send it twice does no harm, for a reason that method and
                headers don't show.

        Raises:
            EvalwrightError: There is no good answer, after all retries.
        """
        path = self._path(request)
        plan = RetryPlan(
            clock=self.clock,
            timeout=self.config.timeout if timeout is None else timeout,
            max_retries=self.config.max_retries if max_retries is None else max_retries,
            repeatable=is_repeatable or repeatable(request.operation.method, request.headers),
        )
        while True:
            try:
                return self._wire.exchange(request, timeout=plan.remaining())
            except ApiError as error:
                failure = self._translate(error, request.operation.method, path, plan.timeout)
            delay = _delay(plan, failure)
            if delay is None:
                raise failure
            self.sleep(delay)

    @contextmanager
    def stream(
        self,
        request: StreamRequest[_T],
        *,
        timeout: float | None = None,
    ) -> Generator[Stream[_T]]:
        """Send a request once and give the items of the answer as they come.

        Args:
            request: What to send.
            timeout: Seconds to wait for each piece; the client's when None.

        Raises:
            EvalwrightError: There is no good answer; also on leaving the block, if it broke off.
        """
        path, seconds = self._path(request), timeout or self.config.timeout
        try:
            with self._wire.stream(request, timeout=seconds) as stream:
                yield stream
        except ApiError as error:
            raise self._translate(error, request.operation.method, path, seconds) from error

    @contextmanager
    def download(
        self,
        request: Request[bytes] | Request[bytes | NotModified],
        *,
        timeout: float | None = None,
    ) -> Generator[Stream[bytes]]:
        """Send a request once and give the body of the answer as it comes.

        Arguments and errors are those of `stream`.
        """
        path, seconds = self._path(request), timeout or self.config.timeout
        try:
            with self._wire.download(request, timeout=seconds) as stream:
                yield stream
        except ApiError as error:
            raise self._translate(error, request.operation.method, path, seconds) from error

    def _path(self, request: Request[Any] | StreamRequest[Any]) -> str:
        if self._closed:
            raise ClientClosed("this client is closed; make a new one")
        return path_of(request)

    def _translate(
        self, error: ApiError, method: str, path: str, timeout: float
    ) -> EvalwrightError:
        return translate(
            error,
            method=method,
            path=path,
            base_url=self.config.base_url,
            timeout=timeout,
        )

    def close(self) -> None:
        """Give the connections back; closing twice is fine."""
        self._closed = True
        self._wire.close()


def _delay(plan: RetryPlan, failure: EvalwrightError) -> float | None:
    if isinstance(failure, QuotaExceededError):  # the next try would be refused, too
        return None
    if isinstance(failure, APIError):
        return plan.after_status(failure.status, failure.headers.get("retry-after"))
    if isinstance(failure, ConnectionFailed | Timeout):
        return plan.after_failure()
    return None


def new_idempotency_key() -> str:
    """Make a key for one logical write; the same one goes out on every attempt."""
    return str(uuid.uuid4())
