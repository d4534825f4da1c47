"""Write the sync clients of the SDK from the async ones.

    python scripts/unasync.py            write sdk/evalwright/_sync
    python scripts/unasync.py --check    print what would change and exit 1 if anything would

A rule that changes nothing is an error, so the list can't gather dust.
"""

# ruff: noqa: ARG002, N802 - libcst calls its visitors by these names, with these arguments

import argparse
import difflib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

import libcst as cst

Statement = TypeVar("Statement", cst.FunctionDef, cst.For, cst.CompFor, cst.With)

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = ROOT / "sdk/evalwright/_async"
TARGET: Final = ROOT / "sdk/evalwright/_sync"

NAMES: Final = {
    "_async": "_sync",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "aclose": "close",
    "asynccontextmanager": "contextmanager",
    "asyncio": "time",
    "httpx2_wire": "urllib3_wire",
    "Httpx2Wire": "Urllib3Wire",
    "asyncio_calls": "thread_calls",
    "AsyncJobStatus": "AsyncJobStatus",
    "AwaitableJobHandle": "AsyncJobHandle",
}
"""Identifiers with another name on the sync side.

`AsyncJobHandle` is what the handles of plain clients have to be called: what is async is the job.
"""

PREFIX: Final = "Async"
"""Dropped from every identifier that starts with it: AsyncIterator, AsyncTasksClient."""

TEXT: Final = {
    r"\bawait ": "",
    r"\basync (?=with\b|for\b|def\b)": "",
    r"\bAsync(?=[A-Z])": "",
    r"\basync client\b": "client",
}
"""What changes inside docstrings."""


class Synchronous(cst.CSTTransformer):
    """Turns one async module into its sync twin, counting which rules it needed."""

    def __init__(self) -> None:
        super().__init__()
        self.used: Counter[str] = Counter()

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        """Drop `async` of functions."""
        return self._plain(updated_node, "async def")

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.For:
        """Drop `async` of loops."""
        return self._plain(updated_node, "async for")

    def leave_CompFor(self, original_node: cst.CompFor, updated_node: cst.CompFor) -> cst.CompFor:
        """Drop `async` of comprehensions."""
        return self._plain(updated_node, "async for")

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> cst.With:
        """Drop `async` of blocks with a context."""
        return self._plain(updated_node, "async with")

    def leave_Await(self, original_node: cst.Await, updated_node: cst.Await) -> cst.BaseExpression:
        """Drop `await`."""
        self.used["await"] += 1
        return updated_node.expression

    def leave_Subscript(
        self, original_node: cst.Subscript, updated_node: cst.Subscript
    ) -> cst.BaseExpression:
        """Reduce `Awaitable[X]` to X."""
        match updated_node:
            case cst.Subscript(
                value=cst.Name(value="Awaitable"),
                slice=[cst.SubscriptElement(slice=cst.Index(value=inner))],
            ):
                self.used["Awaitable"] += 1
                return inner
        return updated_node

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        """Rename identifiers."""
        return updated_node.with_changes(value=self._rename(updated_node.value))

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.SimpleString:
        """Rewrite docstrings and quoted annotations."""
        return updated_node.with_changes(value=self._reword(updated_node.value))

    def _plain(self, node: Statement, rule: str) -> Statement:
        if node.asynchronous is None:
            return node
        self.used[rule] += 1
        return node.with_changes(asynchronous=None)

    def _rename(self, name: str) -> str:
        if name in NAMES:
            self.used[name] += 1
            return NAMES[name]
        if name.startswith(PREFIX) and name[len(PREFIX) :][:1].isupper():
            self.used[PREFIX] += 1
            return name.removeprefix(PREFIX)
        return name

    def _reword(self, text: str) -> str:
        for pattern, replacement in TEXT.items():
            text, count = re.subn(pattern, replacement, text)
            self.used[pattern] += count
        return text


FIRST_PARTY: Final = 'lint.isort.known-first-party = ["evalwright", "evalwright_api"]'
"""Said aloud, because ruff looks for files and those being generated may not be there yet."""

RULES: Final = (
    "async def",
    "async for",
    "async with",
    "await",
    "Awaitable",
    PREFIX,
    *NAMES,
    *TEXT,
)


def translate(source: Path, transformer: Synchronous) -> str:
    """Give the text of the sync twin of one module, not yet formatted."""
    module = cst.parse_module(source.read_text()).visit(transformer)
    origin = source.relative_to(ROOT).as_posix()
    return f"# Generated from {origin} by scripts/unasync.py: do not edit.\n{module.code}"


def tidy(files: Mapping[str, str]) -> dict[str, str]:
    """Format, sort imports and drop those that only the async side needs."""
    settings = ["--quiet", "--config", str(ROOT / "pyproject.toml"), "--config", FIRST_PARTY]
    with TemporaryDirectory() as folder:
        for name, code in files.items():
            Path(folder, name).write_text(code)
        for command in (
            # Unsafe is `yield from` for a loop, which differs only for generators sent to.
            ["check", "--fix-only", "--unsafe-fixes", *settings],
            ["format", *settings],
        ):
            subprocess.run([sys.executable, "-m", "ruff", *command, folder], check=True)
        return {name: Path(folder, name).read_text() for name in files}


def generate() -> dict[str, str]:
    """Give every generated file and its text.

    Raises:
        SystemExit: A rule changed nothing in any module.
    """
    transformer = Synchronous()
    files = {source.name: translate(source, transformer) for source in sorted(SOURCE.glob("*.py"))}
    unused = [rule for rule in RULES if not transformer.used[rule]]
    if unused:
        raise SystemExit(f"rules that change nothing, remove them: {', '.join(unused)}")
    return tidy(files)


def differences(files: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    """Compare with what is there; files nobody generates any more count too."""
    lines: list[str] = []
    for name in sorted({*files, *there}):
        lines += difflib.unified_diff(
            there.get(name, "").splitlines(keepends=True),
            files.get(name, "").splitlines(keepends=True),
            f"{TARGET.name}/{name}",
            f"{TARGET.name}/{name} (generated)",
        )
    return lines


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when stale")
    check = parser.parse_args().check
    files = generate()
    there = {path.name: path.read_text() for path in TARGET.glob("*.py")}
    if check:
        lines = differences(files, there)
        sys.stdout.writelines(lines)
        sys.exit(1 if lines else 0)
    TARGET.mkdir(exist_ok=True)
    for name in there.keys() - files.keys():
        (TARGET / name).unlink()
    for name, code in files.items():
        (TARGET / name).write_text(code)


if __name__ == "__main__":
    main()
