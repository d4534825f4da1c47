"""Running codegen.sh, and what it makes."""

import importlib
import os
import pathlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from types import ModuleType

ROOT = pathlib.Path(__file__).parents[2]
SAMPLE = pathlib.Path(__file__).parent / "sample"


def run(*arguments: str | pathlib.Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run codegen.sh with the interpreter of the tests."""
    return subprocess.run(
        [str(ROOT / "codegen.sh"), *map(str, arguments)],
        env={**os.environ, "PYTHON": sys.executable, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def compile_into(output: pathlib.Path, package: str = "sample_api", **environment: str) -> None:
    """Compile the sample."""
    result = run(
        "--input",
        SAMPLE / "openapi.yaml",
        "--package",
        package,
        "--output",
        output,
        **environment,
    )
    assert result.returncode == 0, result.stderr


def edited_sample(folder: pathlib.Path, file: str, old: str, new: str) -> pathlib.Path:
    """Copy the sample with one text replaced, and give the root file of the copy."""
    copy = folder / "sample"
    if not copy.exists():
        shutil.copytree(SAMPLE, copy)
    text = (copy / file).read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    (copy / file).write_text(text.replace(old, new), "utf-8")
    return copy / "openapi.yaml"


@dataclass(frozen=True)
class Compiled:
    """The package made from the sample; its names are known only when the tests run."""

    path: pathlib.Path
    api: ModuleType
    models: ModuleType
    types: ModuleType
    client: ModuleType
    errors: ModuleType


def load(output: pathlib.Path) -> Compiled:
    """Import the package made from the sample."""
    sys.path.insert(0, str(output))
    modules = {
        name: importlib.import_module(f"sample_api.{name}")
        for name in ("api", "models", "types", "client", "errors")
    }
    return Compiled(output / "sample_api", **modules)
