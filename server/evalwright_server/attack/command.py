"""The command `evalwright attack`."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from evalwright_server.attack.campaign import Campaign, Report, matching
from evalwright_server.attack.canaries import plant
from evalwright_server.attack.case import Word
from evalwright_server.attack.client import JobClient, Unreachable
from evalwright_server.attack.corpus import CASES, GROUPS

OUT = Console(highlight=False)
MESSAGES = Console(stderr=True, highlight=False)
STYLES = {Word.CONTAINED: "green", Word.SKIPPED: "dim"}


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown")


@app.command("attack")
def attack(
    base_url: Annotated[
        str,
        typer.Option(
            "--base-url", metavar="URL", help="The server to attack. There is no default."
        ),
    ],
    api_key: Annotated[
        str | None,
        typer.Option("--api-key", envvar="EVALWRIGHT_API_KEY", help="The credential."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="GROUP",
            help=f"A group, a case, or group/case; may be given several times."
            f" Groups: {', '.join(GROUPS)}.",
        ),
    ] = None,
    job_type: Annotated[
        str, typer.Option("--job-type", metavar="NAME", help="The job type of all cases.")
    ] = "default",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for programs to read.")
    ] = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print a table for a page of documentation.")
    ] = False,
) -> None:
    """Run hostile jobs on a server of yours, and see whether it holds.

    Each case is a program that tries to get out of its sandbox, to take more than it may, to be
    taken for what it is not, or to leave something behind. It is submitted like every other job,
    and judged by its record, its artifacts, and by canaries: files, sockets and a process that
    this command plants on the machine it runs on. Run it on the server's own machine to have
    those count.

    Nothing is harmed where a case succeeds: what should be out of reach is opened and never
    written to, and bombs stop a little above their limit. It loads the server for a minute,
    though, and leaves a record of each case in its history. Ask before you attack a server that
    is not yours.

    The exit code is 1 if any case escaped or broke something, and 2 if there is no server.
    """
    _attack(JobClient(base_url, api_key), only or (), job_type, as_json, as_markdown)


def _attack(
    client: JobClient, only: Sequence[str], job_type: str, as_json: bool, as_markdown: bool
) -> None:
    """Try the cases and print what came of them; exit unless all is well."""
    cases = matching(CASES, only)
    if not cases:
        MESSAGES.print(f"error: no case is named {escape(' or '.join(only))}")
        raise typer.Exit(2)
    try:
        with plant() as canaries:
            campaign = Campaign(client, canaries, job_type)
            reports = _run(campaign, cases, is_quiet=as_json or as_markdown)
            isolation = campaign.isolation()
    except Unreachable as error:
        MESSAGES.print(f"error: {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(2) from error
    if as_json:
        print(json.dumps(_plain(reports, isolation), indent=2))
    elif as_markdown:
        print("\n".join(markdown(reports)))
    else:
        _conclude(reports, isolation)
    if not all(report.verdict.is_good for report in reports):
        raise typer.Exit(1)


def _run(campaign: Campaign, cases: Sequence[Any], *, is_quiet: bool) -> list[Report]:
    """Try the cases and show each as it ends."""
    reports = []
    for number, report in enumerate(campaign.try_all(cases), 1):
        reports.append(report)
        if is_quiet and MESSAGES.is_terminal:
            MESSAGES.print(f"{number} of {len(cases)}", end="\r")
        elif not is_quiet:
            _show(number, len(cases), report)
    return reports


def _show(number: int, total: int, report: Report) -> None:
    case, verdict = report.case, report.verdict
    style = STYLES.get(verdict.word, "bold red")
    width = len(str(total))
    OUT.print(
        f"{number:>{width}}/{total} [{style}]{verdict.word:<9}[/] "
        f"{case.group}/{case.name}: {escape(case.claim)}",
        soft_wrap=True,
    )
    if not verdict.is_good:
        OUT.print(f"{'':>{2 * width + 12}}{escape(verdict.evidence)}", soft_wrap=True)


def _conclude(reports: Sequence[Report], isolation: dict[str, Any]) -> None:
    OUT.print()
    table = Table("group", "cases", "contained", "not", box=None, pad_edge=False)
    for line in markdown(reports)[2:]:
        table.add_row(*line.strip("| ").split(" | "))
    OUT.print(table)
    driver, level = isolation.get("driver", "unknown"), isolation.get("level", "unknown")
    layers = ", ".join(isolation.get("layers", ()))
    OUT.print(f"\nIsolation: {driver}, level {level}: {layers}", soft_wrap=True)


def markdown(reports: Sequence[Report]) -> list[str]:
    """Return the lines of a table of groups."""
    lines = ["| group | cases | contained | not |", "|---|---|---|---|"]
    groups = dict.fromkeys(report.case.group for report in reports)
    rows = [_row(name, [each for each in reports if each.case.group == name]) for name in groups]
    return [*lines, *rows, _row("all", reports)]


def _row(name: str, reports: Sequence[Report]) -> str:
    counts = Counter(report.verdict.word for report in reports)
    good = counts.pop(Word.CONTAINED, 0)
    rest = ", ".join(f"{count} {word}" for word, count in counts.items()) or "-"
    return f"| {name} | {len(reports)} | {good} | {rest} |"


def _plain(reports: Sequence[Report], isolation: dict[str, Any]) -> dict[str, Any]:
    return {
        "isolation": isolation,
        "cases": [
            {
                "group": report.case.group,
                "name": report.case.name,
                "claim": report.case.claim,
                "verdict": report.verdict.word,
                "evidence": report.verdict.evidence,
                "status": report.outcome and report.outcome.status,
                "seconds": report.outcome and report.outcome.seconds,
            }
            for report in reports
        ],
    }
