"""The checks of this repository, in the environment that scripts/setup.sh makes from the lock."""

import pathlib
import platform
import sys

import nox

nox.needs_version = ">=2025.11"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["tests"]

BIN = pathlib.Path(sys.executable).parent
CLIENTS = {
    "8.26.0": ("arize==8.26.0", "pandas", "pyarrow"),
    "8.61.0": ("arize==8.61.0", "pandas", "pyarrow"),
    "tako": ("tako-vm==0.3.0",),
    "valiqor": ("valiqor==0.0.21",),
}
"""Releases of other clients that the server is held to: what to install for each. Of the Arize
client, that is one of an old and one of a new generation."""
COMPILED = ("Linux", "x86_64", "3.11")
"""What the parts of the Valiqor client that talk to a server were compiled for, all of them."""
SOURCES = ("generated", "sdk", "server", "tests", "benchmarks", "examples", "scripts", "codegen")
PARALLEL = ("-n", "3", "--dist", "loadgroup")
"""Three processes keep two cores busy, as many tests wait; tests of one group stay together."""


def tool(session: nox.Session, name: str, *arguments: str, **variables: str) -> None:
    """Run a program of the environment this noxfile runs in."""
    session.run(str(BIN / name), *arguments, external=True, env=variables)


def lint(session: nox.Session) -> None:
    """Check style, layers and formatting."""
    tool(session, "ruff", "check", ".")
    tool(session, "ruff", "format", "--check", ".")
    tool(session, "lint-imports", "--no-cache")


def types(session: nox.Session) -> None:
    """Check the types twice, and that the public ones are complete."""
    tool(session, "mypy")
    tool(session, "pyright", "--warnings")


def generated(session: nox.Session) -> None:
    """Check that generated code is what its sources make."""
    session.run("./codegen.sh", "--check", external=True)
    tool(session, "python", "scripts/unasync.py", "--check")


@nox.session
def tests(session: nox.Session) -> None:
    """Run every check: style, types, layers, generated code and all tests."""
    lint(session)
    generated(session)
    types(session)
    tool(session, "pytest", *PARALLEL, *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run all tests and report what they don't reach; counting lines takes a quarter more time."""
    tool(session, "coverage", "erase")
    tool(session, "pytest", *PARALLEL, "--cov", "--cov-report=", *session.posargs)
    tool(session, "coverage", "report")


@nox.session
def unit(session: nox.Session) -> None:
    """Run the fast tests only: no compiler, no browser-sized waits; under half a minute."""
    tool(session, "pytest", "-q", "-n", "2", "-m", "not slow", *session.posargs)


@nox.session(name="lint")
def lint_session(session: nox.Session) -> None:
    """Check style, layers and formatting only."""
    lint(session)


@nox.session(name="types")
def types_session(session: nox.Session) -> None:
    """Check the types only."""
    types(session)


@nox.session
def codegen(session: nox.Session) -> None:
    """Compile the document and generate the sync SDK."""
    session.run("./codegen.sh", external=True)
    tool(session, "python", "scripts/unasync.py")


@nox.session
def security(session: nox.Session) -> None:
    """Run every hostile job in every configuration this host has; as root, that is all of them."""
    tool(
        session,
        *("pytest", "-q", "-n", "2", "--dist", "loadgroup", "tests/security", *session.posargs),
        EVALWRIGHT_SECURITY="complete",
    )


@nox.session
def bench(session: nox.Session) -> None:
    """Run the benchmarks and print their ratios."""
    tool(session, "python", "-m", "benchmarks", *session.posargs)


@nox.session(venv_backend="venv", reuse_venv=True)
@nox.parametrize("client", [*CLIENTS], ids=[*CLIENTS])
def interop(session: nox.Session, client: str) -> None:
    """Run released clients of others, unmodified and each in an environment of its own (400 MB)."""
    here = (platform.system(), platform.machine(), ".".join(platform.python_version_tuple()[:2]))
    if client == "valiqor" and here != COMPILED:
        session.skip(f"valiqor 0.0.21 has parts compiled for {COMPILED} only, and this is {here}")
    session.install(*CLIENTS[client], "pytest>=9")
    folder = "tests/interop"
    session.run(
        *("python", "-m", "pytest", "-c", f"{folder}/interop.ini", "--rootdir", folder),
        *("--confcutdir", folder, "-p", "no:cacheprovider", folder, *session.posargs),
        env={"EVALWRIGHT_PYTHON": str(BIN / "python")},
    )
