"""From paths to operations.

Paths are split before they are decoded: an ID may contain an encoded slash, and ends in `=`,
encoded or not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Generic, TypeVar

from evalwright_server.services.errors import FieldError
from evalwright_server.web.parameters import decode_segment
from evalwright_server.web.problems import Problem

T = TypeVar("T")


@dataclass(slots=True)
class _Node(Generic[T]):
    """A place in the tree of paths."""

    below: "dict[str, _Node[T]]" = field(default_factory=dict)
    parameter: "tuple[str, _Node[T]] | None" = None
    methods: dict[str, T] = field(default_factory=dict)


class RouteTable(Generic[T]):
    """Finds what answers a method on a path."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()
        self._paths: list[str] = []

    def add(self, method: str, path: str, target: T) -> None:
        """Add a route; `{name}` in the path stands for any one segment."""
        self._paths.append(path)
        node = self._root
        for segment in path.split("/")[1:]:
            if segment.startswith("{"):
                if node.parameter is None:
                    node.parameter = (segment[1:-1], _Node())
                node = node.parameter[1]
            else:
                node = node.below.setdefault(segment, _Node())
        node.methods[method] = target

    def find(self, method: str, raw_path: bytes) -> tuple[T, dict[str, str]] | None:
        """Return the target of a request and the path's parameters, or None if it has none."""
        found = self._walk(raw_path)
        if found is None or method not in found[0].methods:
            return None
        node, values = found
        return node.methods[method], values

    def refusal(self, method: str, raw_path: bytes) -> Problem:
        """Return what to say about a request that has no target.

        That is 404 with the nearest path, or 405 with the methods there are.
        """
        found = self._walk(raw_path)
        return self._unknown(raw_path) if found is None else _not_allowed(method, found[0].methods)

    def _walk(self, raw_path: bytes) -> tuple[_Node[T], dict[str, str]] | None:
        values: dict[str, str] = {}
        node = self._root
        for raw in raw_path.split(b"/")[1:]:
            segment = decode_segment(raw)
            if segment in node.below:
                node = node.below[segment]
            elif node.parameter is not None and segment:
                name, node = node.parameter
                values[name] = segment
            else:
                return None
        return (node, values) if node.methods else None

    def _unknown(self, raw_path: bytes) -> Problem:
        path = raw_path.decode(errors="replace")
        near = get_close_matches(path, self._paths, n=1)
        detail = f"there is nothing at {path}"
        if near:
            detail += f"; did you mean {near[0]}?"
        detail += " GET /openapi.json describes every path"
        nearest = near[0] if near else None
        return Problem(404, detail, [FieldError("path:", "no such path", nearest=nearest)])


def _not_allowed(method: str, methods: Mapping[str, object] | Iterable[str]) -> Problem:
    allowed = sorted(methods)
    detail = f"{method} is not possible here; use {' or '.join(allowed)}"
    return Problem(405, detail, headers={"Allow": ", ".join(allowed)})
