"""Reading the files of a document: YAML as JSON knows it, and nothing lost on the way."""

import pathlib
import re
from typing import cast

import yaml

from .problems import DocumentError

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""A JSON value."""


class _JsonLoader(yaml.CSafeLoader):
    """The core schema of YAML 1.2: `on` is a text, and so is 2026-11-25."""


_JsonLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", "n~"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    _letters = [*_first, ""] if _tag == "null" else list(_first)
    _JsonLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _letters
    )


def _mapping(loader: yaml.CSafeLoader, node: yaml.MappingNode) -> dict[str, object]:
    result: dict[str, object] = {}
    for key_node, value_node in node.value:
        key = str(loader.construct_object(key_node, deep=True))
        if key in result:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} stands here twice", key_node.start_mark
            )
        result[key] = loader.construct_object(value_node, deep=True)
    return result


_JsonLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


def read(path: pathlib.Path) -> Json:
    """Read a YAML or JSON file.

    Raises:
        DocumentError: There is no such file, it is no YAML, or a key stands in it twice.
    """
    try:
        return cast(Json, yaml.load(path.read_text("utf-8"), _JsonLoader))  # noqa: S506 - a safe one
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    except yaml.YAMLError as error:
        raise DocumentError(f"{path}: {_explain(error)}") from None


def _explain(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return str(error)
