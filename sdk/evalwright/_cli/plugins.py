"""Commands of other packages, found by the entry point group `evalwright.commands`.

An entry point is a Typer app or a function to make a command of. It is loaded when its command is
used or its help is asked for, so that a heavy package costs the others nothing.
"""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from evalwright._cli.connection import ClientGroup

GROUP = "evalwright.commands"


class Deferred(TyperCommand):
    """The place of a command that is not loaded yet."""

    def __init__(self, entry: EntryPoint) -> None:
        super().__init__(entry.name)
        self.entry = entry

    def load(self) -> Any:  # noqa: ANN401 - typer's own click is private
        """Give the command, or one that says what it needs."""
        try:
            command = _as_command(self.entry.name, self.entry.load())
        except Exception as error:  # what ails a foreign package must not take down the rest
            command = _as_command(self.entry.name, _missing(self.entry, error))
        command.name = self.entry.name
        return command


class RootGroup(ClientGroup):
    """The commands of this package and of others."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401
        """Find a command, loading it if need be."""
        command = super().get_command(ctx, cmd_name)
        if isinstance(command, Deferred):
            command = self.commands[cmd_name] = command.load()
        return command

    def add_plugins(self) -> None:
        """Take in the commands of other packages; those of this one win."""
        for entry in entry_points(group=GROUP):
            if entry.name not in self.commands:
                self.commands[entry.name] = Deferred(entry)


def _as_command(name: str, thing: object) -> Any:  # noqa: ANN401
    if isinstance(thing, typer.Typer):
        return get_command(thing)
    if not callable(thing):
        raise TypeError(f"{thing!r} is neither a function nor a Typer app")
    single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    single.command(name)(thing)
    return get_command(single)


def _missing(entry: EntryPoint, error: Exception) -> Callable[[], None]:
    package = entry.value.partition(":")[0].partition(".")[0]
    extra = "server" if package == "evalwright_server" else None
    cure = f"pip install 'evalwright[{extra}]'" if extra else f"reinstall {package}"

    def explain() -> None:
        typer.echo(f"error: {entry.name} can't be loaded: {error}; {cure}", err=True)
        raise typer.Exit(1)

    explain.__doc__ = f"Not available: {cure}."
    return explain
