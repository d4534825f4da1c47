"""The options that every command has: which server, which credential, which output."""

from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from evalwright import Evalwright


@dataclass(slots=True)
class Connection:
    """What the options say."""

    base_url: str | None = None
    api_key: str | None = None
    json: bool = False

    def client(self) -> Evalwright:
        """Make a client; the environment fills in what the options leave open."""
        return Evalwright(base_url=self.base_url, api_key=self.api_key)


def connection(context: typer.Context) -> Connection:
    """Give the options of this call, whether they stand before or behind the command."""
    return context.ensure_object(Connection)


# typer's own click is private, so its classes have no public names to annotate with.
def _keep(context: Any, option: Any, value: Any) -> Any:  # noqa: ANN401
    if value:
        setattr(context.ensure_object(Connection), option.name, value)
    return value


def _options() -> list[TyperOption]:
    return [
        TyperOption(
            param_decls=["--json"],
            is_flag=True,
            default=False,
            expose_value=False,
            callback=_keep,
            help="Print JSON, for programs to read.",
            rich_help_panel="Output",
        ),
        TyperOption(
            param_decls=["--base-url"],
            type=str,
            metavar="URL",
            expose_value=False,
            callback=_keep,
            help="Where the server is; else EVALWRIGHT_BASE_URL, else http://127.0.0.1:8000.",
            rich_help_panel="Connection",
        ),
        TyperOption(
            param_decls=["--api-key"],
            type=str,
            metavar="KEY",
            expose_value=False,
            callback=_keep,
            help="The credential; else EVALWRIGHT_API_KEY.",
            rich_help_panel="Connection",
        ),
    ]


class ClientCommand(TyperCommand):
    """A command that talks to a server."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401
        """Add the options that every command has."""
        *own, help_option = super().get_params(ctx)
        return [*own, *_options(), help_option]


class ClientGroup(TyperGroup):
    """A group of commands that talk to a server."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401
        """Add the options that every command has."""
        *own, help_option = super().get_params(ctx)
        return [*own, *_options(), help_option]
