"""The source of a function with all that it uses of its module."""

import __future__

import ast
import builtins
import inspect
import sys
import textwrap
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

from evalwright._errors.invalid import FieldError, InvalidRequest
from evalwright._fields import shown
from evalwright._remote.dataclass_source import IMPORTS, write_dataclass
from evalwright._remote.imports import import_of, imports_in

_FUTURE = "from __future__ import annotations"


@dataclass(slots=True)
class Sources:
    """What is sent: imports first, then constants, classes and functions, each behind its own."""

    imports: dict[str, None] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)
    is_lazy: bool = False

    @property
    def text(self) -> str:
        """The beginning of the program."""
        future = [_FUTURE, ""] if self.is_lazy else []
        head = "\n".join([*future, *self.imports])
        return "\n\n\n".join(filter(None, [head, *self.definitions.values()]))

    def refuse(self) -> None:
        """Refuse what can't be sent.

        Raises:
            InvalidRequest: Naming all of it.
        """
        if self.errors:
            raise InvalidRequest(self.errors)

    def add_function(self, function: Any) -> str:  # noqa: ANN401 - any callable with a source
        """Take a function and all it uses; give the name it has."""
        original: Any = inspect.unwrap(function)
        self.is_lazy |= bool(original.__code__.co_flags & _lazy_flag())
        return self._add_source(original, original.__globals__)

    def _add_source(self, thing: Any, namespace: Mapping[str, object]) -> str:  # noqa: ANN401
        name: str = thing.__name__
        self.values[name] = thing
        source = self._source_of(thing)
        for used in names_in(ast.parse(source)):
            if used != name:
                self._add_name(used, thing, namespace)
        self.definitions[name] = source
        return name

    def _source_of(self, thing: Any) -> str:  # noqa: ANN401
        try:
            source = textwrap.dedent(inspect.getsource(thing)).rstrip()
            ast.parse(source)
        except (OSError, TypeError, SyntaxError):
            written = write_dataclass(thing) if isinstance(thing, type) else None
            if written is not None:
                self.imports |= dict.fromkeys(IMPORTS)
                return written
            why = "has no source that can be read, as what is typed at a prompt"
            self.errors.append(FieldError(thing.__name__, why, expected="a definition in a file"))
            return ""
        return source

    def _add_name(self, name: str, user: Any, namespace: Mapping[str, object]) -> None:  # noqa: ANN401
        if f"import {name}" in self.imports:
            return
        statements = imports_in(user, name)
        if statements:
            self.imports |= dict.fromkeys(statements)
        elif name in self.values:
            if name in namespace and namespace[name] is not self.values[name]:
                why = "means two things in what is sent; give one of them another name"
                self.errors.append(FieldError(name, why))
        elif name in namespace:
            self._add_value(name, namespace[name], namespace)
        elif not hasattr(builtins, name):
            self.errors.append(FieldError(name, f"is used by {user.__name__} and not defined"))

    def _add_value(self, name: str, value: Any, around: Mapping[str, object]) -> None:  # noqa: ANN401
        statement = import_of(name, value)
        if statement is not None:
            self.imports[statement] = None
        elif isinstance(value, FunctionType):
            self._add_named(name, value, value.__globals__)
        elif isinstance(value, type):
            own = vars(sys.modules.get(value.__module__, builtins))
            # What was run by exec() says it is of a module that knows nothing of it.
            self._add_named(name, value, ChainMap({**own}, {**around}))
        elif _is_constant(value):
            self.values[name] = value
            self.definitions[name] = f"{name} = {value!r}"
        elif isinstance(value, ModuleType):
            why = "is a module of this program, which is not there; import from it what is used"
            self.errors.append(FieldError(name, why))
        else:
            expected = "numbers, texts, and lists, tuples, sets and dicts of them"
            self.errors.append(FieldError(name, "can't be sent", shown(value), expected))

    def _add_named(self, name: str, value: Any, namespace: Mapping[str, object]) -> None:  # noqa: ANN401
        if "." in value.__qualname__ and not value.__qualname__.endswith(f"<locals>.{name}"):
            self.errors.append(FieldError(name, f"is part of {value.__qualname__}"))
            return
        found = self._add_source(value, namespace)
        if found != name:
            self.definitions[name] = f"{name} = {found}"


def names_in(tree: ast.AST) -> list[str]:
    """List the names that some source uses and does not make itself."""
    used: dict[str, None] = {}
    made: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                used[node.id] = None
            else:
                made.add(node.id)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            made.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            made.add(node.name)
    return [name for name in used if name not in made]


def _is_constant(value: object) -> bool:
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False


def _lazy_flag() -> int:
    return __future__.annotations.compiler_flag
