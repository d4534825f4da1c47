"""What the document says about each operation; the server builds its routes from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Kind", "Operation", "Parameter", "ResponseSpec"]

Kind = Literal["json", "ndjson", "sse", "text", "bytes", "empty"]
"""How a body is read."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation.

    Attributes:
        name: Its name on the wire.
        python_name: Its name as an argument.
        location: Where it stands in the request.
        required: Whether a request must have it.
        schema: Where its schema stands in openapi.json, as a JSON pointer.
    """

    name: str
    python_name: str
    location: Literal["path", "query", "header"]
    required: bool
    schema: str


@dataclass(frozen=True, slots=True)
class ResponseSpec:
    """An answer that an operation may give.

    Attributes:
        status: A status such as "200", a range such as "4XX", or "default".
        media: The media type of its body; None without one.
        kind: How its body is read.
        model: The name in `models` of what its body, or each item of a stream, is.
    """

    status: str
    media: str | None
    kind: Kind
    model: str | None

    @classmethod
    def each(
        cls, statuses: str, media: str | None, kind: Kind, model: str | None
    ) -> "tuple[ResponseSpec, ...]":
        """Make the same answer for several statuses, separated by spaces."""
        return tuple(cls(status, media, kind, model) for status in statuses.split())


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    Attributes:
        id: The operationId.
        tag: The family it belongs to.
        method: The HTTP method, in capitals.
        path: The path with its parameters in braces.
        stage: How settled it is: stable, beta or alpha.
        parameters: Its parameters.
        request_media: The media type of its request body; None if it takes none.
        request_required: Whether it needs a request body.
        request_model: The name in `models` of its request body; None unless that is JSON.
        request_schema: Where the schema of its request body stands in openapi.json, as a JSON pointer.
        responses: What it may answer.
        accept: The media types of its answers, as an Accept header.
    """

    id: str
    tag: str
    method: str
    path: str
    stage: str = field(kw_only=True)
    parameters: tuple[Parameter, ...] = field(kw_only=True)
    request_media: str | None = field(kw_only=True, default=None)
    request_required: bool = field(kw_only=True, default=False)
    request_model: str | None = field(kw_only=True, default=None)
    request_schema: str | None = field(kw_only=True, default=None)
    responses: tuple[ResponseSpec, ...] = field(kw_only=True)
    accept: str = field(init=False, repr=False, compare=False)
    _by_status: Mapping[str, tuple[ResponseSpec, ...]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        by_status: dict[str, tuple[ResponseSpec, ...]] = {}
        for spec in self.responses:
            by_status[spec.status] = (*by_status.get(spec.status, ()), spec)
        media = dict.fromkeys(spec.media for spec in self.responses if spec.media is not None)
        object.__setattr__(self, "_by_status", by_status)
        object.__setattr__(self, "accept", ", ".join(media) or "*/*")

    def responses_for(self, status: int) -> tuple[ResponseSpec, ...]:
        """Choose the answers documented for a status: exactly, by its range, or by default."""
        found = self._by_status
        return (
            found.get(str(status))
            or found.get(f"{status // 100}XX")
            or (found.get("default", ()) if status >= 400 else ())
        )
