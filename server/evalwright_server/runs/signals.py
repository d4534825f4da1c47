"""Wake-ups. A signal is a hint: it says "look again", and never what there is to see.

Signals may be lost, doubled or fired for no reason at all. So whoever waits subscribes first, then
reads the row, then sleeps, and looks again after a while even if nothing was heard.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol

WEBHOOKS: Final = "webhooks"
"""The topic that fires when a webhook is to be sent."""


def run_topic(run_id: int) -> str:
    """Return the topic that fires when a run's row changed visibly."""
    return f"run:{run_id}"


def output_topic(run_id: int) -> str:
    """Return the topic that fires when a run has written something."""
    return f"output:{run_id}"


def queue_topic(queue: str) -> str:
    """Return the topic that fires when a queue may have a run to start."""
    return f"queue:{queue}"


def owner_topic(owner: str) -> str:
    """Return the topic that fires when something happened to a run that a worker has."""
    return f"owner:{owner}"


class Subscription:
    """One listener's memory of having been signalled."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def fire(self) -> None:
        """Remember a signal until the listener waits."""
        self._event.set()

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109 - part of what it does
        """Return at a signal since the last call, or after a time in seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._event.wait()
        except TimeoutError:
            return
        self._event.clear()


class Signals(Protocol):
    """Carries signals to whoever subscribed, in this process or further away."""

    def fire(self, topic: str) -> None:
        """Signal a topic. Called on the event loop, after the commit that gave the reason."""

    def subscribe(self, *topics: str) -> AbstractContextManager[Subscription]:
        """Listen to topics from now on, until the context ends."""
        ...


class Hub:
    """Signals within one event loop."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Subscription]] = {}

    def fire(self, topic: str) -> None:
        """Signal a topic; see `Signals`."""
        for subscription in self._listeners.get(topic, ()):
            subscription.fire()

    @contextmanager
    def subscribe(self, *topics: str) -> Iterator[Subscription]:
        """Listen to topics; see `Signals`."""
        subscription = Subscription()
        for topic in topics:
            self._listeners.setdefault(topic, set()).add(subscription)
        try:
            yield subscription
        finally:
            for topic in topics:
                self._listeners[topic].discard(subscription)
                if not self._listeners[topic]:
                    del self._listeners[topic]
