"""What can be said on the command line of `evalwright serve`: types of options with their help."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from evalwright_server.sandbox.settings import REQUIRE_VARIABLE

Host: TypeAlias = Annotated[str, typer.Option(envvar="EVALWRIGHT_HOST", help="Where to listen.")]
Port: TypeAlias = Annotated[
    int,
    typer.Option(
        envvar="EVALWRIGHT_PORT", min=0, max=65535, help="On which port; 0 for any free one."
    ),
]
Data: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        envvar="EVALWRIGHT_DATA",
        help="Directory of the embedded database and of the key that seals secrets.",
    ),
]
DatabaseUrl: TypeAlias = Annotated[
    str | None,
    typer.Option(
        envvar="EVALWRIGHT_DATABASE", help="URL of a database elsewhere: postgresql://..."
    ),
]
Workers: TypeAlias = Annotated[
    int, typer.Option(envvar="EVALWRIGHT_WORKERS", min=0, help="How many worker processes.")
]
ApiKeys: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        envvar="EVALWRIGHT_API_KEY",
        help="A key that lets clients in; may be given several times.",
    ),
]
JobTypesFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        envvar="EVALWRIGHT_JOB_TYPES",
        help="TOML file that changes the kinds of jobs and adds others.",
    ),
]
JobQueue: TypeAlias = Annotated[
    int,
    typer.Option(
        envvar="EVALWRIGHT_JOB_QUEUE",
        min=0,
        help="How many jobs may wait for a worker before others are refused with 503.",
    ),
]
MaxTimeout: TypeAlias = Annotated[
    int | None,
    typer.Option(
        envvar="EVALWRIGHT_MAX_TIMEOUT",
        min=1,
        max=86_400,
        help="The most seconds a job may ask for where its type says nothing else; else 300.",
    ),
]
RequiredIsolation: TypeAlias = Annotated[
    str | None,
    typer.Option(
        envvar=REQUIRE_VARIABLE,
        metavar="LEVEL",
        help="Don't start with less isolation: namespaces, or cgroup for limits by the kernel."
        " See `evalwright doctor`.",
    ),
]
InsecureNoAuth: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--insecure-no-auth",
        envvar="EVALWRIGHT_INSECURE_NO_AUTH",
        help="Listen to other machines without a key: whoever reaches the port runs code here.",
    ),
]
