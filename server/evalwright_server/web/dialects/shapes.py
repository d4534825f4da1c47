"""What becomes of a value on its way to or from a client, read off a schema of the document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from evalwright_server.web.dialects.members import Members
from evalwright_server.web.dialects.spellings import CONSTANTS, Spellings
from evalwright_server.web.document import Document

_COMPONENTS: Final = "#/components/schemas/"


def _component(name: str) -> dict[str, Any]:
    return {"$ref": f"{_COMPONENTS}{name}"}


_STANDS_FOR: Final[Mapping[str, Mapping[str, Any]]] = {
    "AiIntegration.provider_metadata": _component("ProviderMetadataInput"),
    "EvaluatorLlmConfig.invocation_parameters": _component("InvocationParameters"),
    "LlmGenerationRunConfig.invocation_parameters": _component("InvocationParameters"),
    "TemplateEvaluationRunConfig.invocation_parameters": _component("InvocationParameters"),
    "LlmGenerationRunConfig.tool_config": _component("ToolConfig"),
    "LlmMessage.tool_calls": {"type": "array", "items": _component("ToolCallInput")},
}
"""Free-form members of answers that hold what clients sent, which was of these schemas."""

WRAPPED: Final[Mapping[str, Mapping[str, str]]] = {
    "SpaceMembership.role": {"type": "predefined"},
    "SpaceMembershipInput.role": {"type": "predefined"},
}
"""Words that clients know as objects: beside the word, under `name`, stand these constants."""


class Unspeakable(Exception):
    """A value has a word for which the client's generation has none."""


@dataclass(slots=True)
class Shape:
    """What to change in values of one schema, and below; nothing unless said.

    Attributes:
        words: What is written for each native word; any other is unspeakable.
        keep: The members that may stay; None for all.
        names: What members are called instead.
        constants: Members that are added.
        wrapper: Constants of the object that a word becomes.
        members: What to change in an object's members, by native name.
        others: The same for the members not named.
        items: The same for an array's items.
    """

    words: dict[str, str] | None = None
    keep: set[str] | None = None
    names: dict[str, str] = field(default_factory=dict)
    constants: dict[str, bool] = field(default_factory=dict)
    wrapper: Mapping[str, str] | None = None
    members: "dict[str, Shape]" = field(default_factory=dict)
    others: "Shape | None" = None
    items: "Shape | None" = None

    def __bool__(self) -> bool:
        own = self.words is not None or self.keep is not None or self.names or self.constants
        return bool(own or self.wrapper or self.members or self.others or self.items)

    def apply(self, value: object) -> object:
        """Return a value as it is written; the given one is left as it is.

        Raises:
            Unspeakable: It can't be written.
        """
        if isinstance(value, str):
            return self._write_word(value)
        if isinstance(value, dict):
            written = {
                self.names.get(name, name): self._write_member(name, member)
                for name, member in value.items()
                if self.keep is None or name in self.keep
            }
            return written | self.constants
        if isinstance(value, list) and self.items is not None:
            return [self.items.apply(item) for item in value]
        return value

    def apply_to_rows(self, value: Mapping[str, object]) -> object:
        """Return a page of a list as it is written, without the rows that can't be."""
        pages = {name: shape.items for name, shape in self.members.items() if shape.items}
        speakable = {
            name: [row for row in member if _is_speakable(pages[name], row)]
            for name, member in value.items()
            if name in pages and isinstance(member, list)
        }
        return self.apply({**value, **speakable})

    def _write_word(self, word: str) -> object:
        written = word
        if self.words is not None:
            if word not in self.words:
                raise Unspeakable(word)
            written = self.words[word]
        return written if self.wrapper is None else {**self.wrapper, "name": written}

    def _write_member(self, name: str, value: object) -> object:
        shape = self.members.get(name, self.others)
        return value if shape is None else shape.apply(value)


def _is_speakable(shape: Shape, row: object) -> bool:
    try:
        shape.apply(row)
    except Unspeakable:
        return False
    return True


@dataclass(frozen=True, slots=True)
class ShapeReader:
    """Reads shapes off the schemas of a document.

    Attributes:
        document: Where the schemas are.
        words: How enumerations are spelt.
        keep: By component, the members that may stay; None for all.
        names: By component, members and what they are called instead.
        constants: By component, members that are added.
        wrapped: By member, the constants of the object that its word becomes.
    """

    document: Document
    words: Spellings = field(default_factory=dict)
    keep: Members | None = None
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    wrapped: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def read(self, pointer: str) -> Shape:
        """Return what to change in values of the schema at a pointer; unions are taken together."""
        shape = Shape()
        self._collect({"$ref": f"#{pointer}"}, "", shape)
        return shape

    def _collect(self, schema: Mapping[str, Any], place: str, into: Shape) -> None:
        if "$ref" in schema:
            place = schema["$ref"].removeprefix(_COMPONENTS)
            schema = self.document.resolve(schema)
        for keyword in ("anyOf", "oneOf", "allOf"):
            for branch in schema.get(keyword, ()):
                self._collect(branch, place, into)
        self._collect_own(schema, place, into)
        for name, member in schema.get("properties", {}).items():
            self._collect_member(member, f"{place}.{name}", into.members, name)
        if isinstance(schema.get("additionalProperties"), dict):
            into.others = self._merge(schema["additionalProperties"], f"{place}.*", into.others)
        if "items" in schema:
            into.items = self._merge(schema["items"], f"{place}[]", into.items)

    def _collect_own(self, schema: Mapping[str, Any], place: str, into: Shape) -> None:
        enumeration = CONSTANTS.get(place, place)
        if "enum" in schema and enumeration in self.words:
            into.words = {**(into.words or {}), **self.words[enumeration]}
        if self.keep is not None and place in self.keep:
            into.keep = (into.keep or set()) | self.keep[place]
        into.names.update(self.names.get(place, {}))
        into.constants.update(self.constants.get(place, {}))

    def _collect_member(
        self, schema: Mapping[str, Any], place: str, members: dict[str, Shape], name: str
    ) -> None:
        shape = self._merge(_STANDS_FOR.get(place, schema), place, members.get(name))
        if place in self.wrapped:
            shape = shape or Shape()
            shape.wrapper = self.wrapped[place]
        if shape is not None:
            members[name] = shape

    def _merge(self, schema: Mapping[str, Any], place: str, into: Shape | None) -> Shape | None:
        shape = into or Shape()
        self._collect(schema, place, shape)
        return shape or None
