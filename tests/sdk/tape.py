"""Time that passes only by sleeping, for clients under test."""

from typing import Any

from evalwright._retry import Clock


class Tape:
    """A clock and a sleep that keep a record instead of taking time."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.now = 0.0
        self.clock = Clock(lambda: self.now, lambda: self.now, lambda: 0.5)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    def wind(self, client: Any) -> None:
        """Make a client live by this clock."""
        client._session.clock = self.clock
        asynchronous = hasattr(client, "aclose")
        client._session.sleep = self.sleep_async if asynchronous else self.sleep
