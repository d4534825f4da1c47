"""The doctor's findings, for people."""

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from evalwright_server.doctor.examination import Findings
from evalwright_server.sandbox.isolation import Level, meaning

VERDICTS: Final = {
    None: "NO: nothing isolates untrusted code on this machine, and none will be run.",
    Level.UNSAFE: "NO: EVALWRIGHT_SANDBOX=unsafe is set, so code would run WITHOUT isolation.",
    Level.NAMESPACES: "YES, at level `namespaces`: code is kept apart from this machine;"
    " memory and processes are watched, not limited by the kernel.",
    Level.CGROUP: "YES, at level `cgroup`: code is kept apart from this machine,"
    " and the kernel limits its memory and processes.",
}
INDENT: Final = "  "
WIDEST: Final = 110


def render(findings: Findings) -> str:
    """Write it down."""
    return "\n".join(lines(findings)) + "\n"


def lines(findings: Findings) -> Iterator[str]:
    """Yield the lines."""
    yield "Can this machine run Python code that nobody vouches for?"
    yield ""
    yield from wrapped(verdict(findings))
    yield ""
    host = findings.host
    facts = [("system", f"{host.system}, {host.machine}"), ("python", host.python),
             ("run as", host.user),
             ("bubblewrap", ", ".join(host.bubblewrap) or "not found")]  # fmt: skip
    yield from table(("THIS MACHINE", ""), facts)
    if findings.report.driver is not None:
        yield ""
        yield from table(("LAYER", "STATE", "WHAT IT DOES"), layer_rows(findings))
    if findings.outcomes:
        yield ""
        trials = [(trial.name, "ok" if trial.passed else "FAILED", trial.detail)
                  for trial in findings.outcomes]  # fmt: skip
        yield from table(("TRIED OUT", "STATE", "WHAT HAPPENED"), trials)
    yield from advice(findings)


def verdict(findings: Findings) -> str:
    """Answer the question."""
    failed = [trial.name for trial in findings.outcomes if not trial.passed]
    if failed:
        return f"NO: it was tried and failed: {', '.join(failed)}."
    shortfall = findings.report.shortfall(findings.required)
    if findings.report.level not in {None, Level.UNSAFE} and shortfall is not None:
        return f"NO: {shortfall.cause}"
    return VERDICTS[findings.report.level]


def layer_rows(findings: Findings) -> list[tuple[str, str, str]]:
    """List the layers that are on, then those that are off."""
    report = findings.report
    on = [(layer, "on", meaning(layer)) for layer in report.layers]
    return on + [(layer.layer, "off", meaning(layer.layer)) for layer in report.missing]


def advice(findings: Findings) -> Iterator[str]:
    """Yield what can be done, each cure once."""
    report = findings.report
    steps: dict[tuple[str, str], list[str]] = {}
    if report.problem is not None:
        steps[report.problem.cause, report.problem.cure] = []
    for layer in report.missing:
        steps.setdefault((layer.reason, layer.cure), []).append(layer.layer)
    if steps:
        yield ""
        yield "WHAT YOU CAN DO"
    for (cause, cure), layers in steps.items():
        yield from wrapped(f"{', '.join(layers)}: {cause}" if layers else cause)
        yield from wrapped(f"-> {cure}", INDENT * 2)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows in columns; the last one is as wide as it gets."""
    indented = [(INDENT + row[0], *row[1:]) for row in rows]
    widths = [max(len(row[column]) for row in (head, *indented)) for column in range(len(head))]
    for row in (head, *indented):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield INDENT.join(cells).rstrip()


def wrapped(text: str, indent: str = INDENT) -> list[str]:
    """Break a text into lines that fit the terminal; commands stay in one piece."""
    width = min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST)
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
