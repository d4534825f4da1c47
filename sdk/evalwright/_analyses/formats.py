"""Reports as JSON, CSV, Markdown, JUnit XML and data frames."""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from evalwright._analyses.report import Case, Report, Section, cell, shorten
from evalwright._errors.base import MissingExtra

# XML 1.0 has no way to write these, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A spreadsheet would take such a cell for a formula, and what it holds comes from models.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_json(report: Report) -> str:
    """Write everything, indented."""
    return json.dumps(report.document, indent=2, ensure_ascii=False) + "\n"


def as_csv(report: Report) -> str:
    """Write a line for each row; texts that a spreadsheet would calculate get an apostrophe."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(report.columns)
    for row in report.rows:
        lines.writerow([_csv_cell(row.get(column)) for column in report.columns])
    return text.getvalue()


def as_markdown(report: Report) -> str:
    """Write the summary and the tables for people."""
    lines = [f"# {report.title}", "", "| | |", "| --- | --- |"]
    lines += [f"| {_md(name)} | {_md(cell(value))} |" for name, value in report.summary.items()]
    for section in report.sections:
        lines += ["", f"## {section.heading}", "", *_md_table(section)]
    return "\n".join(lines) + "\n"


def as_junit(report: Report) -> str:
    """Write a test case for each case, in a suite for each group."""
    suites: dict[str, list[Case]] = defaultdict(list)
    for each in report.cases:
        suites[each.suite].append(each)
    root = ET.Element("testsuites", {"name": _xml(report.title), **_counts(report.cases)})
    for name, cases in suites.items():
        suite = ET.SubElement(root, "testsuite", {"name": _xml(name), **_counts(cases)})
        for each in cases:
            _add_case(suite, each)
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def as_frame(report: Report) -> Any:  # noqa: ANN401 - pandas may be missing, also for checkers
    """Make a data frame of the rows.

    Raises:
        MissingExtra: pandas is not installed.
    """
    try:
        pandas: Any = import_module("pandas")
    except ImportError as error:
        raise MissingExtra("to_pandas()", "pandas") from error
    rows = [[row.get(column) for column in report.columns] for row in report.rows]
    return pandas.DataFrame(rows, columns=[*report.columns])


def save(text: str, path: str | PathLike[str] | None) -> str:
    """Give a text, and write it to a file if there is to be one."""
    if path is not None:
        Path(path).write_text(text, encoding="utf-8", newline="")
    return text


def _csv_cell(value: object) -> object:
    if isinstance(value, list | tuple | dict):
        value = cell(value) if value else ""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _md_table(section: Section) -> Iterator[str]:
    if not section.rows:
        yield "None."
        return
    yield f"| {' | '.join(_md(column) for column in section.columns)} |"
    yield "|" + " --- |" * len(section.columns)
    for row in section.rows:
        cells = (_md(shorten(cell(row.get(column)))) for column in section.columns)
        yield f"| {' | '.join(cells)} |"
    if section.more:
        yield ""
        yield f"{section.more} more are left out here."


def _md(text: str) -> str:
    escaped = re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", text)
    return escaped.replace("\n", " ")


def _counts(cases: Iterable[Case]) -> dict[str, str]:
    found = [each.outcome for each in cases]
    return {
        "tests": str(len(found)),
        "failures": str(found.count("failed")),
        "errors": str(found.count("error")),
        "skipped": str(found.count("skipped")),
    }


def _add_case(suite: ET.Element, each: Case) -> None:
    names = {"classname": _xml(each.suite), "name": _xml(each.name)}
    element = ET.SubElement(suite, "testcase", names)
    tag = {"failed": "failure", "error": "error", "skipped": "skipped"}.get(each.outcome)
    if tag is not None:
        ET.SubElement(element, tag, {"message": _xml(each.message)})


def _xml(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
