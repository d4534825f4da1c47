"""The command that attacks."""

import json
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Annotated, Any, cast

import typer

from evalwright import Evalwright, RedTeamRun
from evalwright._analyses.gates import read_limits
from evalwright._cli import analysis_runs as runs
from evalwright._cli.analysis_options import (
    As,
    Detached,
    FailUnder,
    Gate,
    OpenAiKey,
    Output,
    Patience,
    Project,
    chosen,
    judge,
    words,
)
from evalwright._cli.analysis_output import Wanted, deliver
from evalwright._cli.connection import ClientCommand, Connection, connection
from evalwright._cli.output import MESSAGES
from evalwright.errors import FieldError, InvalidRequest

Vectors = Annotated[str, typer.Option(help="With commas between them; see `security vectors`.")]
Resume = Annotated[
    str | None,
    typer.Option("--run-id", metavar="ID", help="Go on with this one, where it was interrupted."),
]
Function = Annotated[
    str | None,
    typer.Option(metavar="MODULE:FUNCTION", help="A Python function to attack, run here."),
]
Url = Annotated[str | None, typer.Option(help="The address of the system.")]
Prompt = Annotated[str | None, typer.Option(help="Its system prompt.")]
TargetModel = Annotated[str | None, typer.Option(help="The model to attack.")]
Headers = Annotated[str | None, typer.Option(metavar="JSON", help="Header fields for the system.")]
Template = Annotated[
    str | None, typer.Option(metavar="JSON", help="What to send, with {{attack}} in it.")
]
ResponseKey = Annotated[
    str | None, typer.Option(help="Where the answer is, such as choices.0.message.content.")
]
ModelUrl = Annotated[
    str | None, typer.Option(help="The address of the model's OpenAI-compatible API.")
]
PerVector = Annotated[int, typer.Option(min=1, help="How many of each.")]
Vulnerabilities = Annotated[
    str | None, typer.Option(help="What to aim at, such as S1,S10; else everything.")
]
Concurrency = Annotated[int, typer.Option(min=1, help="How many run at a time.")]
Name = Annotated[str | None, typer.Option(help="A name for the red team.")]


def add_to(app: typer.Typer) -> None:
    """Add this command to those for security."""
    app.command(cls=ClientCommand)(redteam)


def redteam(
    context: typer.Context,
    attack_vectors: Vectors = "",
    *,
    run_id: Resume = None,
    target_function: Function = None,
    target_url: Url = None,
    target_prompt: Prompt = None,
    target_model: TargetModel = None,
    target_headers: Headers = None,
    target_request_template: Template = None,
    target_response_key: ResponseKey = None,
    judge_url: ModelUrl = None,
    attacks_per_vector: PerVector = 5,
    vulnerabilities: Vulnerabilities = None,
    concurrency: Concurrency = 4,
    run_name: Name = None,
    project: Project = None,
    openai_api_key: OpenAiKey = None,
    detached: Detached = False,
    output: Output = None,
    format_: As = None,
    fail_under: FailUnder = None,
    gate: Gate = False,
    timeout: Patience = None,
) -> None:
    """Attack a system, and print what got through."""
    options = connection(context)
    wanted = Wanted(output, chosen(options, format_), read_limits(fail_under), gate)
    function = None if target_function is None else load(target_function)
    arguments: Any = {
        "attack_vectors": words(attack_vectors) or [],
        "attacks_per_vector": attacks_per_vector,
        "concurrency": concurrency,
        "target_vulnerabilities": words(vulnerabilities),
        "target_url": target_url,
        "target_prompt": target_prompt,
        "target_model": target_model,
        "target_headers": _json("--target-headers", target_headers),
        "target_request_template": _json("--target-request-template", target_request_template),
        "target_response_key": target_response_key,
        "judge": judge(None, judge_url, None),
        "run_name": run_name,
        "project_name": project,
        "openai_api_key": openai_api_key,
    }
    with options.client() as client:
        if function is not None:
            made = run_id or _prepare(client, arguments)
            runs.announce(made, options)
            deliver(_attack(client, made, function, concurrency, options), wanted)
            return
        handle = client.security.red_team_async(**arguments)
        if detached:
            runs.started(handle, "security", options)
        else:
            runs.finish(handle, "security", options, wanted, timeout)


def load(name: str) -> Callable[[str], str]:
    """Import a function of the user's, from the current folder, too.

    Raises:
        InvalidRequest: There is no such function.
    """
    module, colon, attribute = name.partition(":")
    if not module or not colon or not attribute:
        raise _no_function(name, "is no MODULE:FUNCTION")
    sys.path.insert(0, "")
    try:
        found: Any = import_module(module)
        for step in attribute.split("."):
            found = getattr(found, step)
    except Exception as error:
        raise _no_function(name, f"can't be loaded: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove("")
    if not callable(found):
        raise _no_function(name, "can't be called")
    return cast("Callable[[str], str]", found)


def _prepare(client: Evalwright, arguments: Mapping[str, Any]) -> str:
    handle = client.security.red_team_async(**arguments, generate_only=True)
    return handle.result().id


def _attack(
    client: Evalwright,
    run_id: str,
    function: Callable[[str], str],
    concurrency: int,
    options: Connection,
) -> RedTeamRun:
    try:
        with runs.progress(quiet=options.json) as update:
            return client.security.run_attacks(
                run_id=run_id,
                target_function=function,
                concurrency=concurrency,
                on_progress=update,
            )
    except KeyboardInterrupt:
        MESSAGES.print(
            f"Interrupted; the answers handed in stay. Go on: evalwright security redteam "
            f"--run-id {run_id} --target-function MODULE:FUNCTION",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(runs.INTERRUPTED) from None


def _json(option: str, text: str | None) -> object:
    if text is None:
        return None
    try:
        found: object = json.loads(text)
    except ValueError as error:
        raise InvalidRequest([FieldError(option, f"is no JSON: {error}")]) from None
    if not isinstance(found, dict):
        raise InvalidRequest([FieldError(option, "must be a JSON object")])
    return found


def _no_function(name: str, why: str) -> InvalidRequest:
    return InvalidRequest([FieldError("--target-function", f"{name!r} {why}")])
