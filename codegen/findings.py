"""Collecting what is wrong, so that a document's author sees all of it at once."""

from dataclasses import dataclass, field

from .nodes import Node
from .places import Origins


@dataclass
class Findings:
    """What the checks found.

    Attributes:
        origins: Where the parts of the bundle came from.
        found: The findings, each with its file and place.
    """

    origins: Origins
    found: list[str] = field(default_factory=list[str])

    def add(self, node: Node, text: str) -> None:
        """Note that something is wrong with a part of the document."""
        self.found.append(f"{self.origins.of(node.pointer)}: {text}")
