"""Rate limits: one token bucket per client."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from evalwright_server.web.problems import Problem


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateLimiter:
    """Lets each client send `rate` requests a second over time, and `burst` at once.

    Args:
        rate: Requests a second; 0 switches limits off.
        burst: Requests that may come at once after a pause.
        clock: Returns seconds that never go back.
    """

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: dict[bytes, _Bucket] = {}

    def admit(self, client: bytes) -> None:
        """Take a token from a client's bucket.

        Raises:
            Problem: 429 with `Retry-After`, if there is none.
        """
        if self._rate <= 0:
            return
        now = self._clock()
        bucket = self._buckets.setdefault(client, _Bucket(self._burst, now))
        elapsed = now - bucket.filled_at
        bucket.tokens = min(self._burst, bucket.tokens + elapsed * self._rate)
        bucket.filled_at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return
        seconds = math.ceil((1 - bucket.tokens) / self._rate)
        detail = (
            f"more than {self._rate:g} requests a second: try again in {seconds} s, or raise the "
            "limit with EVALWRIGHT_RATE_LIMIT (0 switches it off)"
        )
        raise Problem(429, detail, headers={"Retry-After": str(seconds)})
