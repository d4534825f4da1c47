"""The imports that a function relies on."""

import ast
import inspect
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

_INSTALLED = tuple(
    Path(place) for name, place in sysconfig.get_paths().items() if name in {"purelib", "platlib"}
)


def imports_in(user: Any, name: str) -> list[str]:  # noqa: ANN401 - a function or a class
    """List the imports of a name that stand in the file of something, if they work elsewhere."""
    try:
        path = inspect.getsourcefile(user)
    except (TypeError, OSError):  # of no file, as in notebooks
        path = None
    return [] if path is None else list(_imports(path).get(name, ()))


def import_of(name: str, value: Any) -> str | None:  # noqa: ANN401 - anything
    """Write an import of something that works elsewhere, too; None if there is none."""
    if isinstance(value, ModuleType):
        return f"import {value.__name__} as {name}" if is_installed(value.__name__) else None
    module: object = getattr(value, "__module__", None)
    own: object = getattr(value, "__qualname__", None)
    if not (isinstance(module, str) and isinstance(own, str) and is_installed(module)):
        return None
    found = getattr(sys.modules.get(module), own, None)
    return f"from {module} import {own} as {name}" if found is value else None


@cache
def is_installed(module: str) -> bool:
    """Say whether a module is part of Python or of an installed package."""
    root = module.partition(".")[0]
    if root in sys.stdlib_module_names:
        return root != "__main__"
    try:
        spec = find_spec(root)
    except (ImportError, ValueError):
        return False
    places = [] if spec is None else [spec.origin, *(spec.submodule_search_locations or [])]
    return any(_is_in_packages(Path(place)) for place in places if place)


def _is_in_packages(place: Path) -> bool:
    return any(place.is_relative_to(folder) for folder in _INSTALLED) or bool(
        {"site-packages", "dist-packages"} & set(place.parts)
    )


@cache
def _imports(path: str) -> dict[str, tuple[str, ...]]:
    """Read which names a file imports, with the statements."""
    try:
        tree = ast.parse(Path(path).read_text("utf-8"))
    except (OSError, ValueError, SyntaxError):  # notebooks and prompts
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for node in _top(tree):
        for name, statement, module in _bound(node):
            if is_installed(module):
                found[name] = (*found.get(name, ()), statement)
    return found


def _top(tree: ast.AST) -> Iterator[ast.stmt]:
    """Go through the statements of a module, also those behind `if TYPE_CHECKING` and `try`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If | ast.Try):
            yield from _top(node)
        elif isinstance(node, ast.stmt):
            yield node


def _bound(node: ast.stmt) -> Iterator[tuple[str, str, str]]:
    """Give the names that an import makes, each with a statement of its own and the module."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            yield name, ast.unparse(ast.Import([alias])), alias.name
    elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        for alias in node.names:
            statement = ast.unparse(ast.ImportFrom(node.module, [alias], 0))
            yield alias.asname or alias.name, statement, node.module
