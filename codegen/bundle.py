"""Bundling: from a document in several files to one that holds every component under its name.

A component is called after the last segment of the pointer it is referred to by, so
`../schemas/tasks.yaml#/Task` becomes `#/components/schemas/Task`.
"""

import difflib
import pathlib
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import yaml_files
from .places import Origins, Place, escape, unescape
from .problems import DocumentError
from .yaml_files import Json

# What stands below each kind of object: `X` is one X, `[X]` a list of them, `{X}` a map of them. Everything that is
# not listed is copied, and may hold no reference.
_SHAPES: Mapping[str, Mapping[str, str]] = {
    "document": {"paths": "{path_item}", "components": "components"},
    "components": {
        "schemas": "{schema}",
        "parameters": "{parameter}",
        "responses": "{response}",
        "headers": "{header}",
        "requestBodies": "{request_body}",
    },
    "path_item": {
        "parameters": "[parameter]",
        **dict.fromkeys(("get", "put", "post", "delete", "options", "head", "patch"), "operation"),
    },
    "operation": {
        "parameters": "[parameter]",
        "requestBody": "request_body",
        "responses": "{response}",
    },
    "parameter": {"schema": "schema", "content": "{media_type}"},
    "header": {"schema": "schema"},
    "request_body": {"content": "{media_type}"},
    "response": {"headers": "{header}", "content": "{media_type}"},
    "media_type": {"schema": "schema"},
    "schema": {
        **dict.fromkeys(("items", "additionalProperties", "not"), "schema"),
        **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), "[schema]"),
        **dict.fromkeys(("properties", "patternProperties"), "{schema}"),
        "discriminator": "discriminator",
    },
    "discriminator": {"mapping": "{schema_name}"},
}
_SECTIONS: Mapping[str, str] = {
    "schema": "schemas",
    "parameter": "parameters",
    "response": "responses",
    "header": "headers",
    "request_body": "requestBodies",
}
_SAMPLES = frozenset({"example", "examples", "default", "const", "enum"})
"""Members whose value is data, in which `$ref` means nothing."""


@dataclass
class Bundle:
    """A document in one piece.

    Attributes:
        document: The document; every reference in it is `#/components/...`.
        origins: Where its parts came from.
    """

    document: dict[str, Json]
    origins: Origins


def bundle(path: pathlib.Path) -> Bundle:
    """Bundle the document whose root is this file.

    Raises:
        DocumentError: A file can't be read, a reference leads nowhere, or two components share a name.
    """
    return _Bundler(path).run()


@dataclass
class _Bundler:
    path: pathlib.Path
    files: dict[str, Json] = field(default_factory=dict[str, Json])
    components: dict[str, dict[str, Json]] = field(default_factory=dict[str, dict[str, Json]])
    owners: dict[str, Place] = field(default_factory=dict[str, Place])
    origins: Origins = field(default_factory=Origins)

    def run(self) -> Bundle:
        root = Place(self.path.name)
        self.origins.roots[""] = root
        document = self.walk("document", self.find(root, root), root, "")
        if not isinstance(document, dict):
            raise DocumentError(f"{root}: this is no OpenAPI document, but {document!r:.40}")
        document["components"] = self.merge(document.get("components"), root / "components")
        return Bundle(document, self.origins)

    def merge(self, declared: Json, place: Place) -> Json:
        """Join the components of the root file and those it refers to, in the order of their names."""
        merged = dict(declared) if isinstance(declared, dict) else {}
        for section, entries in self.components.items():
            value = merged.get(section)
            own = value if isinstance(value, dict) else {}
            for name in own.keys() & entries.keys():
                self.claim(f"/components/{section}/{escape(name)}", place / section / name, place)
            merged[section] = {**own, **entries}
        return {
            section: dict(sorted(entries.items())) if isinstance(entries, dict) else entries
            for section, entries in merged.items()
        }

    def walk(self, shape: str, value: Json, place: Place, pointer: str) -> Json:
        """Copy a value of a kind, with its references turned to the bundle."""
        if shape == "schema_name" and isinstance(value, str):
            return self.component("schema", value, place)
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return self.reference(shape, value, place, pointer)
        shapes = _SHAPES.get(shape, {})
        return {
            key: self.step(shapes.get(key, ""), key, child, place / key, f"{pointer}/{escape(key)}")
            for key, child in value.items()
        }

    def step(self, shape: str, key: str, value: Json, place: Place, pointer: str) -> Json:
        if not shape:
            if key not in _SAMPLES:
                _refuse_references(value, place)
            return value
        inner = shape.strip("[]{}")
        if shape[0] == "[" and isinstance(value, list):
            return [
                self.walk(inner, child, place / index, f"{pointer}/{index}")
                for index, child in enumerate(value)
            ]
        if shape[0] == "{" and isinstance(value, dict):
            return {
                name: self.walk(inner, child, place / name, f"{pointer}/{escape(name)}")
                for name, child in value.items()
            }
        return self.walk(inner, value, place, pointer)

    def reference(self, shape: str, value: dict[str, Json], place: Place, pointer: str) -> Json:
        ref = value["$ref"]
        if not isinstance(ref, str):
            raise DocumentError(f"{place}: $ref must be a text, not {ref!r}")
        if shape != "schema" and len(value) > 1:
            extra = ", ".join(key for key in value if key != "$ref")
            raise DocumentError(
                f"{place}: {extra} beside $ref would be lost; put it where the reference leads"
            )
        if shape in _SECTIONS:
            rest = {key: child for key, child in value.items() if key != "$ref"}
            _refuse_references(list(rest.values()), place)
            return {"$ref": self.component(shape, ref, place), **rest}
        if shape != "path_item":
            raise DocumentError(f"{place}: a reference can't stand here")
        target = self.resolve(ref, place)
        self.origins.roots[pointer] = target
        return self.walk(shape, self.find(target, place), target, pointer)

    def component(self, shape: str, ref: str, place: Place) -> str:
        """Take a component into the bundle, once, and give the reference to it there."""
        target = self.resolve(ref, place)
        section = _SECTIONS[shape]
        name = unescape(target.pointer.rpartition("/")[2])
        if not name:
            raise DocumentError(
                f"{place}: {ref!r} names a whole file; add the component, as in {ref}#/Name"
            )
        pointer = f"/components/{section}/{escape(name)}"
        self.claim(pointer, target, place)
        entries = self.components.setdefault(section, {})
        if name not in entries:
            entries[name] = {}  # a component may refer to itself
            self.origins.roots[pointer] = target
            entries[name] = self.walk(shape, self.find(target, place), target, pointer)
        return f"#{pointer}"

    def claim(self, pointer: str, target: Place, place: Place) -> None:
        owner = self.owners.setdefault(pointer, target)
        if owner != target:
            raise DocumentError(
                f"{place}: both {owner} and {target} would be {pointer}; rename one of them"
            )

    def resolve(self, ref: str, place: Place) -> Place:
        file, _, pointer = ref.partition("#")
        if "://" in file:
            raise DocumentError(
                f"{place}: {ref!r} lies elsewhere; a document refers to its own files only"
            )
        if not file:
            return Place(place.file, pointer)
        return Place(
            posixpath.normpath(posixpath.join(posixpath.dirname(place.file), file)), pointer
        )

    def find(self, target: Place, asked_at: Place) -> Json:
        value = self.load(target.file, asked_at)
        for raw in target.pointer.split("/")[1:]:
            segment = unescape(raw)
            if not isinstance(value, dict) or segment not in value:
                names = list(value) if isinstance(value, dict) else []
                near = difflib.get_close_matches(segment, names, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise DocumentError(
                    f"{asked_at}: {target} leads nowhere: there is no {segment!r}{hint}"
                )
            value = value[segment]
        return value

    def load(self, file: str, asked_at: Place) -> Json:
        path = self.path.parent / file
        if file not in self.files:
            if not path.is_file():
                raise DocumentError(f"{asked_at}: there is no file {path}")
            self.files[file] = yaml_files.read(path)
        return self.files[file]


def _refuse_references(value: Json, place: Place) -> None:
    if isinstance(value, dict):
        if "$ref" in value:
            raise DocumentError(f"{place}: a reference can't stand here")
        for key, child in value.items():
            if key not in _SAMPLES:
                _refuse_references(child, place / key)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            _refuse_references(child, place / index)
