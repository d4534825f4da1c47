"""Templates of prompts: texts with placeholders, in the two ways of writing them.

    f_string   {name}     and {{ }} for braces that are meant as such
    mustache   {{name}}   {{{name}}} and {{& name}} are the same: prompts need no HTML escapes

A single brace that begins no placeholder stands for itself, so JSON may be written as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self


class TemplateError(ValueError):
    """A template that can't be used; the text says what is wrong with it."""


class TemplateFormat(StrEnum):
    """How placeholders are written."""

    F_STRING = "f_string"
    MUSTACHE = "mustache"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class _Placeholder:
    name: str


_F_STRING: Final = re.compile(r"\{\{|\}\}|\{(?P<name>[^\W\d][\w.\-]*)\}")
_MUSTACHE: Final = re.compile(
    r"\{\{\{\s*(?P<raw>[^{}]*?)\s*\}\}\}|\{\{(?P<sign>[&#^/>!=]?)\s*(?P<name>[^{}]*?)\s*\}\}"
)


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template.

    Attributes:
        parts: Texts, and placeholders between them.
    """

    parts: tuple[str | _Placeholder, ...]

    @classmethod
    def parse(cls, text: str, form: TemplateFormat) -> Self:
        """Read a template.

        Raises:
            TemplateError: It uses what isn't supported.
        """
        match form:
            case TemplateFormat.F_STRING:
                return cls(_parse_f_string(text))
            case TemplateFormat.MUSTACHE:
                return cls(_parse_mustache(text))
            case TemplateFormat.NONE:
                return cls((text,))

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the placeholders, each once, in order."""
        names = (part.name for part in self.parts if isinstance(part, _Placeholder))
        return tuple(dict.fromkeys(names))

    def render(self, values: Mapping[str, str]) -> str:
        """Return the text with values in the place of placeholders.

        Args:
            values: A text for each variable. Braces in it mean nothing.
        """
        return "".join(
            values[part.name] if isinstance(part, _Placeholder) else part for part in self.parts
        )


def detect_format(text: str) -> TemplateFormat:
    """Return how a template is written that doesn't say so: mustache, if it holds `{{name}}`.

    With a `{name}` beside it, the double braces are an f-string's way to write single ones.
    """
    names = [match for match in _MUSTACHE.finditer(text) if match["name"] or match["raw"]]
    rest = _MUSTACHE.sub("", text)
    is_plain = any(match["name"] for match in _F_STRING.finditer(rest))
    return TemplateFormat.MUSTACHE if names and not is_plain else TemplateFormat.F_STRING


def _parse_f_string(text: str) -> tuple[str | _Placeholder, ...]:
    parts: list[str | _Placeholder] = []
    end = 0
    for match in _F_STRING.finditer(text):
        parts.append(text[end : match.start()])
        name = match["name"]
        parts.append(match[0][0] if name is None else _Placeholder(name))
        end = match.end()
    return (*parts, text[end:])


def _parse_mustache(text: str) -> tuple[str | _Placeholder, ...]:
    parts: list[str | _Placeholder] = []
    end = 0
    for match in _MUSTACHE.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        if match["sign"] == "!":
            continue
        name = match["raw"] if match["raw"] is not None else match["name"]
        if (match["sign"] or "&") != "&":
            raise TemplateError(
                f"{match[0]!r} can't be used: templates have variables, {{{{name}}}}, but no "
                "sections, partials or delimiters of their own"
            )
        if not name:
            raise TemplateError(f"{match[0]!r} names no variable: write {{{{name}}}}")
        parts.append(_Placeholder(name))
    return (*parts, text[end:])
