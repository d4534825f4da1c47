"""Walking through a bundled document without losing track of where one is."""

from collections.abc import Iterator
from dataclasses import dataclass

from .places import join, unescape
from .yaml_files import Json


@dataclass(frozen=True)
class Node:
    """A value of the document; a missing one is a node too, with the value None.

    Attributes:
        document: The whole document.
        pointer: Where the value stands in it.
        value: The value.
    """

    document: dict[str, Json]
    pointer: str
    value: Json

    @classmethod
    def root(cls, document: dict[str, Json]) -> "Node":
        """Start at the top."""
        return cls(document, "", document)

    def __getitem__(self, key: str) -> "Node":
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Node(self.document, join(self.pointer, key), value)

    def __bool__(self) -> bool:
        return self.value is not None

    def items(self) -> Iterator[tuple[str, "Node"]]:
        """Go through the members of a map."""
        for key in self.value if isinstance(self.value, dict) else ():
            yield key, self[key]

    def each(self) -> Iterator["Node"]:
        """Go through the entries of a list."""
        for index, value in enumerate(self.value if isinstance(self.value, list) else []):
            yield Node(self.document, join(self.pointer, index), value)

    @property
    def text(self) -> str:
        """The value if it is a text, else an empty one."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def component(self) -> str | None:
        """The name of the component this is a reference to, if it is one."""
        ref = self["$ref"].text
        return unescape(ref.rpartition("/")[2]) if ref else None

    def followed(self) -> "Node":
        """Follow the references from here to what they lead to."""
        ref = self["$ref"].text
        return self.at(ref.removeprefix("#")).followed() if ref else self

    def at(self, pointer: str) -> "Node":
        """Go to another place of the same document."""
        node = Node.root(self.document)
        for segment in pointer.split("/")[1:]:
            node = node[unescape(segment)]
        return node
