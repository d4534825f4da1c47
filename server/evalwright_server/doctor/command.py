"""The command line of the doctor."""

import asyncio
import json
from typing import Annotated

import typer

from evalwright_server.doctor.examination import examine
from evalwright_server.doctor.text import render
from evalwright_server.sandbox.isolation import Level
from evalwright_server.sandbox.settings import REQUIRE_VARIABLE, IsolationSettings


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")] = False,
    require_isolation: Annotated[
        str,
        typer.Option(
            envvar=REQUIRE_VARIABLE,
            metavar="LEVEL",
            help="The least that is good enough: namespaces or cgroup.",
        ),
    ] = Level.NAMESPACES.word,
) -> None:
    """Say whether this machine can run untrusted code, how well kept apart, and what is missing.

    It needs no server: it makes sandboxes and tries them. The exit code is 0 when untrusted code
    can be run, 1 when not.
    """
    try:
        required = Level.named(require_isolation)
        driver = IsolationSettings.read().driver
    except ValueError as error:
        typer.echo(f"evalwright doctor: {error}", err=True)
        raise typer.Exit(2) from error
    findings = asyncio.run(examine(driver, required))
    typer.echo(json.dumps(findings.view(), indent=2) if as_json else render(findings), nl=as_json)
    if not findings.is_fit:
        raise typer.Exit(1)
