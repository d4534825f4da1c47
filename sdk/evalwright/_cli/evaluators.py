"""Commands for evaluators."""

from pathlib import Path
from typing import Annotated

import typer

from evalwright._cli.arguments import InSpace, NameFilter, Space
from evalwright._cli.connection import ClientCommand, ClientGroup, connection
from evalwright._cli.files import read_object, read_text
from evalwright._cli.output import done, show, show_rows

app = typer.Typer(
    name="evaluators", cls=ClientGroup, no_args_is_help=True, help="Versioned judges of outputs."
)

Name = Annotated[str, typer.Argument(help="The evaluator, by name or ID.")]


@app.command("list", cls=ClientCommand)
def list_evaluators(context: typer.Context, name: NameFilter = None, space: Space = None) -> None:
    """List evaluators, those changed last first."""
    options = connection(context)
    with options.client() as client:
        rows = client.evaluators.iter(name=name, space=space)
        show_rows(rows, ("name", "id", "type", "updated_at"), as_json=options.json)


@app.command(cls=ClientCommand)
def get(context: typer.Context, evaluator: Name, space: Space = None) -> None:
    """Show an evaluator with its latest version."""
    options = connection(context)
    with options.client() as client:
        show(client.evaluators.get(evaluator=evaluator, space=space), as_json=options.json)


@app.command(cls=ClientCommand)
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name, also that of its column.")],
    space: InSpace,
    managed: Annotated[
        str | None, typer.Option(help="One of the server's own, such as ExactMatch.")
    ] = None,
    code: Annotated[Path | None, typer.Option(help="A Python file with evaluate().")] = None,
    config: Annotated[
        Path | None, typer.Option(help="A JSON file with a whole code or template config.")
    ] = None,
    variable: Annotated[
        list[str] | None, typer.Option(help="A column it reads; may be repeated.")
    ] = None,
) -> None:
    """Create an evaluator from --managed, --code or --config."""
    options = connection(context)
    if sum(choice is not None for choice in (managed, code, config)) != 1:
        raise typer.BadParameter("pass exactly one of --managed, --code and --config")
    settings = _settings(name, managed, code, config, variable or [])
    with options.client() as client:
        if "template" in settings:
            made = client.evaluators.create_template_evaluator(
                name=name, space=space, template_config=settings
            )
        else:
            made = client.evaluators.create_code_evaluator(
                name=name, space=space, code_config=settings
            )
    show(made, as_json=options.json)


@app.command(cls=ClientCommand)
def delete(context: typer.Context, evaluator: Name, space: Space = None) -> None:
    """Delete an evaluator and its versions."""
    options = connection(context)
    with options.client() as client:
        client.evaluators.delete(evaluator=evaluator, space=space)
    done(f"Deleted evaluator {evaluator}.", as_json=options.json)


def _settings(
    name: str,
    managed: str | None,
    code: Path | None,
    config: Path | None,
    variables: list[str],
) -> dict[str, object]:
    if config is not None:
        return read_object(config)
    if code is not None:
        return {"type": "custom", "name": name, "code": read_text(code), "variables": variables}
    return {"type": "managed", "name": name, "managed_evaluator": managed, "variables": variables}
