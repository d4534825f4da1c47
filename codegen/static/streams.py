"""Reading streams piece by piece, without any I/O: newline-delimited JSON and server-sent events."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

__all__ = ["Event", "EventDecoder", "LineDecoder", "StreamDecoder"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Event(Generic[T]):
    """A server-sent event.

    Attributes:
        event: Its type; "message" unless the server said otherwise.
        data: What it brings.
        id: The id of this or the last event that had one; None before the first.
        retry: Milliseconds to wait before connecting again; None unless this event said so.
    """

    event: str
    data: T
    id: str | None = None
    retry: int | None = None


class StreamDecoder(Protocol[T]):
    """Takes the bytes of a stream as they come and gives the items that are complete."""

    def feed(self, piece: bytes, /) -> list[T]:
        """Take the next bytes."""
        ...

    def close(self) -> list[T]:
        """Take the end of the stream."""
        ...


class LineDecoder(Generic[T]):
    """Reads newline-delimited JSON; empty lines mean nothing.

    Args:
        parse: Reads one line.
    """

    def __init__(self, parse: Callable[[bytes], T]) -> None:
        self._parse = parse
        self._rest: list[bytes] = []

    def feed(self, piece: bytes) -> list[T]:
        """Take the next bytes and give the lines that are complete."""
        head, newline, tail = piece.rpartition(b"\n")
        if not newline:
            self._rest.append(piece)
            return []
        lines = b"".join((*self._rest, head)).split(b"\n")
        self._rest = [tail]
        return [self._parse(line) for line in lines if line.strip()]

    def close(self) -> list[T]:
        """Take the end of the stream; the last line needs no newline."""
        line = b"".join(self._rest)
        self._rest = []
        return [self._parse(line)] if line.strip() else []


class EventDecoder(Generic[T]):
    """Reads server-sent events as the HTML standard describes them.

    Args:
        parse: Reads the data of one event.
    """

    def __init__(self, parse: Callable[[bytes], T]) -> None:
        self._parse = parse
        self._rest: list[bytes] = []
        self._after_return = False
        self._begun = False
        self._data: list[bytes] = []
        self._event = ""
        self._id: str | None = None
        self._retry: int | None = None

    def feed(self, piece: bytes) -> list[Event[T]]:
        """Take the next bytes and give the events that are complete."""
        return [event for line in self._lines(piece) if (event := self._line(line)) is not None]

    def close(self) -> list[Event[T]]:
        """Take the end of the stream; an event without its empty line is thrown away."""
        self._rest.clear()
        self._data.clear()
        return []

    def _lines(self, piece: bytes) -> Iterator[bytes]:
        """Split at \\n, \\r\\n or \\r; a piece may end between the two bytes of a \\r\\n."""
        if self._after_return and piece.startswith(b"\n"):
            piece = piece[1:]
        self._after_return = piece.endswith(b"\r") or (self._after_return and not piece)
        *lines, rest = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        if lines:
            lines[0] = b"".join((*self._rest, lines[0]))
            self._rest.clear()
        self._rest.append(rest)
        yield from lines

    def _line(self, line: bytes) -> Event[T] | None:
        if not self._begun:
            self._begun = True
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        self._field(name, value.removeprefix(b" "))
        return None

    def _field(self, name: bytes, value: bytes) -> None:
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit():
            self._retry = int(value)

    def _dispatch(self) -> Event[T] | None:
        event, data, retry = self._event or "message", self._data, self._retry
        self._event, self._data = "", []
        if not data:
            return None
        self._retry = None
        return Event(event, self._parse(b"\n".join(data)), self._id, retry)
