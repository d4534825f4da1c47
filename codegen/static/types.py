"""Requests as values: what an operation asks for, and how its answers are read, without any I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Never, TypeVar

from . import codec, decoding
from .decoding import NotModified
from .headers import Headers
from .operation import Kind, Operation, Parameter, ResponseSpec
from .streams import Event, EventDecoder, LineDecoder, StreamDecoder

__all__ = [
    "Event",
    "Headers",
    "Kind",
    "NotModified",
    "Operation",
    "Parameter",
    "Request",
    "Response",
    "ResponseSpec",
    "StreamDecoder",
    "StreamRequest",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Message:
    """What all requests carry.

    Attributes:
        operation: What is asked for.
        path: The values in the path, not yet encoded.
        query: The query, not yet encoded.
        headers: The header fields of this request.
        content: The body; None without one.
    """

    operation: Operation
    path: Mapping[str, str]
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    content: bytes | None = None

    @property
    def target(self) -> str:
        """Path and query as they go over the wire.

        Raises:
            ValueError: A value of the path is empty or dots only, so it would be another path.
        """
        return codec.target(self.operation.path, self.path, self.query)


@dataclass(frozen=True, slots=True)
class Request(_Message, Generic[T]):
    """A request whose answer is read as a whole, as a T. `dataclasses.replace` changes a copy."""

    def decode(self, status: int, headers: Mapping[str, str], body: bytes) -> T:
        """Read the answer.

        Args:
            status: Its status.
            headers: Its headers; names in lower case, or found in any case.
            body: Its body, without any content encoding.

        Raises:
            ProblemError: The server refused, and said why.
            UnexpectedResponse: The answer is not one the document describes.
        """
        value: T = decoding.decode(self.operation, status, headers, body)
        return value


@dataclass(frozen=True, slots=True)
class StreamRequest(_Message, Generic[T]):
    """A request whose answer is read piece by piece, as Ts."""

    def decoder(self, status: int, headers: Mapping[str, str]) -> StreamDecoder[T] | None:
        """Start to read an answer.

        Args:
            status: Its status.
            headers: Its headers; names in lower case, or found in any case.

        Returns:
            What reads the body; None if this is not the stream that was asked for: then read the
            body to its end and give it to `refuse`.
        """
        spec = decoding.find(self.operation, status, headers)
        if spec is None or spec.kind not in _DECODERS:
            return None
        parse = partial(decoding.parse, spec, status, headers)
        return _DECODERS[spec.kind](parse)

    def refuse(self, status: int, headers: Mapping[str, str], body: bytes) -> Never:
        """Raise what an answer means that is no stream.

        Raises:
            ProblemError: The server refused, and said why.
            UnexpectedResponse: The answer is not one the document describes.
        """
        decoding.refuse(self.operation, status, headers, body)


_DECODERS: Mapping[str, Callable[[Callable[[bytes], Any]], StreamDecoder[Any]]] = {
    "ndjson": LineDecoder[Any],
    "sse": EventDecoder[Any],
}


@dataclass(frozen=True, slots=True)
class Response(Generic[T]):
    """An answer with what surrounds its value.

    Attributes:
        status: The HTTP status.
        headers: The header fields; names are found in any case.
        value: What the body was read as.
    """

    status: int
    headers: Mapping[str, str]
    value: T
