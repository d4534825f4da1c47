"""Where things stand: JSON pointers, and the files they came from."""

from dataclasses import dataclass, field


def escape(segment: str) -> str:
    """Write one segment of a JSON pointer (RFC 6901)."""
    return segment.replace("~", "~0").replace("/", "~1")


def unescape(segment: str) -> str:
    """Read one segment of a JSON pointer (RFC 6901)."""
    return segment.replace("~1", "/").replace("~0", "~")


def join(pointer: str, *segments: str | int) -> str:
    """Go further down from a JSON pointer."""
    return pointer + "".join(f"/{escape(str(segment))}" for segment in segments)


@dataclass(frozen=True)
class Place:
    """A value in a file of the document."""

    file: str
    pointer: str = ""

    def __truediv__(self, segment: str | int) -> "Place":
        """Go one step down."""
        return Place(self.file, join(self.pointer, segment))

    def __str__(self) -> str:
        return f"{self.file}#{self.pointer}" if self.pointer else self.file


@dataclass
class Origins:
    """Which place of which file each part of the bundled document came from."""

    roots: dict[str, Place] = field(default_factory=dict[str, Place])

    def of(self, pointer: str) -> Place:
        """Find the place that a pointer into the bundle came from."""
        head, tail = pointer, ""
        while head not in self.roots and head:
            head, _, segment = head.rpartition("/")
            tail = f"/{segment}{tail}"
        place = self.roots.get(head, Place("?"))
        return Place(place.file, place.pointer + tail)
