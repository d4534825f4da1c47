"""Reading what users hand over in files."""

import csv
import io
import json
import sys
from pathlib import Path

from evalwright.errors import FieldError, InvalidRequest

Row = dict[str, object]


def read_text(path: Path) -> str:
    """Read a file, or standard input for `-`.

    Raises:
        InvalidRequest: It can't be read.
    """
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise _unreadable(path, "it is not UTF-8 text") from None


def read_rows(path: Path) -> list[Row]:
    """Read rows from JSON lines, a JSON array or, by its ending, a CSV file.

    Raises:
        InvalidRequest: It can't be read, with the line at fault.
    """
    text = read_text(path)
    if path.suffix.lower() == ".csv":
        return _read_csv(path, text)
    if text.lstrip().startswith("["):
        rows = _parse(path, text, 0)
        found = list(enumerate(rows, 1)) if isinstance(rows, list) else []
    else:
        lines = enumerate(text.splitlines(), 1)
        found = [(number, _parse(path, line, number)) for number, line in lines if line.strip()]
    return [_row(path, number, value) for number, value in found]


def read_object(path: Path) -> Row:
    """Read one JSON object.

    Raises:
        InvalidRequest: It is none.
    """
    value = _parse(path, read_text(path), 0)
    if not isinstance(value, dict):
        raise _unreadable(path, "it must hold one JSON object")
    return value


def _read_csv(path: Path, text: str) -> list[Row]:
    lines = csv.reader(io.StringIO(text), strict=True)
    try:
        header = next(lines, [])
        rows: list[Row] = []
        for cells in filter(None, lines):
            if len(cells) != len(header):
                cure = f"the first line names {len(header)} columns, this one has {len(cells)}"
                raise _unreadable(path, f"line {lines.line_num}: {cure}")
            rows.append(dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise _unreadable(path, f"line {lines.line_num}: {error}") from None
    return rows


def _parse(path: Path, text: str, line: int) -> object:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"line {line or error.lineno}, column {error.colno}"
        raise _unreadable(path, f"{place}: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        where = f"line {line}: " if line else ""
        raise _unreadable(path, f"{where}{error}") from None


def _no_constant(name: str) -> object:
    # Python reads it, but it would silently become null on its way.
    raise ValueError(f"{name} is no JSON; write null or a number")


def _row(path: Path, number: int, value: object) -> Row:
    if not isinstance(value, dict):
        raise _unreadable(path, f"row {number} is no JSON object")
    return value


def _unreadable(path: Path, why: str) -> InvalidRequest:
    return InvalidRequest([FieldError(str(path), f"can't be used: {why}")])
