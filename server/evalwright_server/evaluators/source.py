"""Looking at a custom evaluator's source without running it."""

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from evalwright_server.evaluators.config import ConfigError, CustomConfig

MAX_SOURCE: Final = 200_000
ROW: Final = "dataset_row"
"""Argument that gets the whole row, for evaluators that name it."""
ENTRY: Final = "evaluate"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes by keyword."""

    required: frozenset[str]
    accepted: frozenset[str]
    accepts_any: bool


def check_source(config: CustomConfig) -> list[ConfigError]:
    """List what would keep a custom evaluator from judging any row.

    Args:
        config: Whose code and imports are looked at; neither is executed.
    """
    trees = []
    errors = []
    for pointer, source in (("/imports", config.imports or ""), ("/code", config.code)):
        parsed = parse(source)
        if isinstance(parsed, str):
            errors.append(ConfigError(pointer, parsed))
        else:
            trees.append(parsed)
    return errors or check_entry(trees, config)


def parse(source: str) -> ast.Module | str:
    """Parse and compile.

    Returns:
        The tree, or what is wrong and in which line.
    """
    if len(source) > MAX_SOURCE:
        return f"is longer than {MAX_SOURCE} characters"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are about style, and for the author
            tree = ast.parse(source)
            compile(tree, "<code>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"is not Python source: {str(error) or 'nested too deeply'}"
    return tree


def check_entry(trees: Sequence[ast.Module], config: CustomConfig) -> list[ConfigError]:
    """Find `evaluate` and compare its parameters with variables and static parameters."""
    statements = [statement for tree in trees for statement in top_level(tree.body)]
    functions = [item for item in statements if is_entry(item)]
    classes = [item for item in statements if isinstance(item, ast.ClassDef)]
    if functions:
        return check_function(functions[-1], None, config)
    methods = [(owner, item) for owner in classes for item in owner.body if is_entry(item)]
    if methods:
        # Which one counts is only known when it runs, unless there is only one.
        owner, method = methods[0]
        return check_function(method, owner, config) if len(methods) == 1 else []
    if classes or any(may_bind_entry(item) for item in statements):
        return []
    message = "defines neither a function `evaluate` nor a class with a method `evaluate`"
    return [ConfigError("/code", message)]


def top_level(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, also from inside of if, try and with."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            nested = list(ast.iter_child_nodes(statement))
            yield from top_level([node for node in nested if isinstance(node, ast.stmt)])
            for handler in nested:
                if isinstance(handler, ast.ExceptHandler):
                    yield from top_level(handler.body)


def is_entry(statement: ast.stmt) -> bool:
    """Tell whether a statement defines a function called `evaluate`."""
    return isinstance(statement, Function) and statement.name == ENTRY


def may_bind_entry(statement: ast.stmt) -> bool:
    """Tell whether a statement could give the name `evaluate` to something."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return any((item.asname or item.name) in (ENTRY, "*") for item in statement.names)
    return any(isinstance(node, ast.Name) and node.id == ENTRY for node in ast.walk(statement))


def check_function(
    function: ast.stmt, owner: ast.ClassDef | None, config: CustomConfig
) -> list[ConfigError]:
    """Compare one function's parameters with what it will be called with."""
    assert isinstance(function, Function)  # noqa: S101 - see is_entry
    where = f"line {function.lineno}: evaluate"
    if isinstance(function, ast.AsyncFunctionDef):
        return [ConfigError("/code", f"{where} must not be async")]
    if function.decorator_list:
        return []  # whatever comes out may take other arguments
    signature = signature_of(function, method=owner is not None)
    consumed = constructor_names(owner)
    offered = {*config.variables, *(param.name for param in config.params), ROW}
    errors = [
        ConfigError(
            "/code", f"{where} needs `{name}`, which neither variables nor static_params give"
        )
        for name in sorted(signature.required - offered)
    ]
    if not signature.accepts_any:
        errors += [
            ConfigError(pointer, f"{where} does not take `{name}`")
            for pointer, names in (
                ("/variables", config.variables),
                ("/static_params", [param.name for param in config.params]),
            )
            for name in names
            if name not in signature.accepted | (consumed if pointer != "/variables" else set())
        ]
    return errors


def constructor_names(owner: ast.ClassDef | None) -> frozenset[str]:
    """Say what the constructor of a class takes."""
    body = owner.body if owner else []
    for item in body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return signature_of(item, method=True).accepted
    return frozenset()


def signature_of(function: Function, *, method: bool) -> Signature:
    """Read a function's parameters; those without keyword count as required."""
    arguments = function.args
    static = any(isinstance(node, ast.Name) and node.id == "staticmethod"
                 for node in function.decorator_list)  # fmt: skip
    positional = [*arguments.posonlyargs, *arguments.args][int(method and not static) :]
    defaulted = (
        positional[len(positional) - len(arguments.defaults) :] if arguments.defaults else []
    )
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    required = {item.arg for item in positional if item not in defaulted}
    required |= {item.arg for item, default in keywords if default is None}
    accepted = {item.arg for item in [*positional, *arguments.kwonlyargs]}
    return Signature(frozenset(required), frozenset(accepted), arguments.kwarg is not None)
