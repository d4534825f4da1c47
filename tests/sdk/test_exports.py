"""What users and tools see of the package."""

import ast
import copy
import importlib
import inspect
import os
import pickle
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import evalwright
from evalwright import errors

PUBLIC = ["evalwright", "evalwright.errors", "evalwright.types"]
SOURCE = Path(evalwright.__file__).parent


def test_everything_announced_is_there() -> None:
    for name in evalwright.__all__:
        assert getattr(evalwright, name) is not None


def test_dir_shows_everything_announced() -> None:
    assert set(evalwright.__all__) <= set(dir(evalwright))


def test_checkers_see_what_runs() -> None:
    """The lazy exports at run time are those under TYPE_CHECKING."""
    tree = ast.parse((SOURCE / "__init__.py").read_text())
    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.asname or alias.name: node.module
        for block in blocks
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    eager = {"UNSET", "Unset", "__version__", "is_resource_id"}
    assert set(seen) | eager == set(evalwright.__all__)
    for name, module in seen.items():
        if name in {"errors", "types"}:
            continue
        assert getattr(importlib.import_module(str(module)), name) is getattr(evalwright, name)


def test_the_sentinel_is_neither_none_nor_true() -> None:
    assert repr(evalwright.UNSET) == "UNSET"
    assert not evalwright.UNSET
    assert copy.deepcopy(evalwright.UNSET) is evalwright.UNSET
    assert pickle.loads(pickle.dumps(evalwright.UNSET)) is evalwright.UNSET


def test_unknown_attributes_are_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Evalrite'"):
        evalwright.Evalrite  # noqa: B018


def test_errors_exports_its_whole_tree() -> None:
    classes = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and not name.startswith("_")
    }
    assert set(errors.__all__) == classes
    assert list(errors.__all__) == sorted(errors.__all__)


def test_the_drawn_tree_is_the_real_one() -> None:
    drawing = errors.__doc__ or ""
    for name in errors.__all__:
        kind = getattr(errors, name)
        if issubclass(kind, Exception):
            assert f" {name} " in f"{drawing} ".replace("\n", " ")
        assert kind.__module__ == "evalwright.errors"


def test_import_is_light() -> None:
    """Catching errors or telling IDs needs no HTTP client and no pydantic."""
    code = (
        "import sys, evalwright, evalwright.errors; evalwright.is_resource_id('x'); "
        "heavy = {'pydantic', 'urllib3', 'httpx2', 'typer', 'evalwright_api'} & set(sys.modules); "
        "sys.exit(', '.join(heavy) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def modules() -> list[ModuleType]:
    names = [
        module.name
        for module in pkgutil.walk_packages([str(SOURCE)], "evalwright.")
        if module.name != "evalwright.__main__"
    ]
    return [evalwright, *(importlib.import_module(name) for name in names)]


def undocumented(module: ModuleType) -> list[str]:
    missing = [] if module.__doc__ else [module.__name__]
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(value) or inspect.isfunction(value):
            missing += [f"{module.__name__}.{name}"] if not value.__doc__ else []
        if inspect.isclass(value):
            missing += [
                f"{module.__name__}.{name}.{member}"
                for member, item in vars(value).items()
                if not member.startswith("_")
                and (inspect.isfunction(item) or isinstance(item, property))
                and not item.__doc__
            ]
    return missing


def test_every_public_symbol_says_what_it_is() -> None:
    assert [name for module in modules() for name in undocumented(module)] == []


def test_first_lines_are_sentences() -> None:
    bad = [
        f"{module.__name__}.{name}"
        for module in modules()
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__
        and inspect.isfunction(value)
        and value.__doc__
        and not value.__doc__.splitlines()[0].rstrip().endswith((".", ":", "?"))
    ]
    assert bad == []


@pytest.mark.slow
def test_types_are_complete(tmp_path: Path) -> None:
    """Away from the repository, whose settings are for its own developers."""
    programs = str(Path(sys.executable).parent)
    result = subprocess.run(
        [sys.executable, "-m", "pyright", "--verifytypes", "evalwright", "--ignoreexternal"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
    )
    assert "Type completeness score: 100%" in result.stdout, result.stdout
