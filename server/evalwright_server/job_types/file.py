"""Reading a file of job types; all that is wrong with it is told at once."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Final, cast, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from evalwright_server.job_types.job_type import JobType
from evalwright_server.job_types.shipped import DEFAULT

SECTION: Final = "job_types"


class JobTypesError(Exception):
    """A file of job types can't be used.

    Attributes:
        path: Which file.
        problems: All that is wrong with it, each beginning with the place.
    """

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        lines = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"{path} can't be used as the file of job types:{lines}")
        self.path = path
        self.problems = tuple(problems)


class _Described(JobType):
    """A job type as a file describes it: unknown keys are refused."""

    __pydantic_config__ = ConfigDict(extra="forbid", hide_input_in_errors=False)


_ADAPTER: Final = TypeAdapter(_Described)


def _keys() -> dict[str, str]:
    """Return what each attribute of a job type is called in a file."""
    hints = get_type_hints(JobType, include_extras=True)
    keys = {}
    for each in fields(JobType):
        notes = getattr(hints[each.name], "__metadata__", ())
        aliases = [note.alias for note in notes if isinstance(note, FieldInfo) and note.alias]
        keys[each.name] = aliases[0] if aliases else each.name
    return keys


KEYS: Final = _keys()
"""Names in a file, by attribute."""


def read_job_types(path: Path, shipped: Iterable[JobType]) -> dict[str, JobType]:
    """Read job types from a file, over those that are shipped.

    Args:
        path: A TOML file with a table `[job_types.NAME]` for each type. A table of a shipped type
            changes it; another starts from `default`, as it is after this file.
        shipped: The types without the file.

    Raises:
        JobTypesError: It can't be read, or says something wrong.
    """
    tables = _tables(path)
    known = {job_type.name: job_type for job_type in shipped}
    problems: list[str] = []
    # First, as the others start from it.
    names = sorted(tables, key=lambda name: name != DEFAULT.name)
    for name in names:
        base = known.get(name) or replace(known[DEFAULT.name], name=name)
        try:
            known[name] = _read_table(name, tables[name], base)
        except _TableError as error:
            problems += error.args[0]
    if problems:
        raise JobTypesError(path, problems)
    return known


class _TableError(Exception):
    """The problems of one table."""


def _tables(path: Path) -> Mapping[str, object]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise JobTypesError(path, [f"it can't be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise JobTypesError(path, [f"it is not TOML: {error}"]) from error
    problems = [
        f"{key}: no such section; expected tables [{SECTION}.NAME]"
        for key in document
        if key != SECTION
    ]
    tables = document.get(SECTION, {})
    if not isinstance(tables, dict):
        problems.append(f"{SECTION}: expected tables [{SECTION}.NAME]")
    if problems:
        raise JobTypesError(path, problems)
    return cast("Mapping[str, object]", tables)


def _read_table(name: str, table: object, base: JobType) -> JobType:
    place = f"{SECTION}.{name}"
    if not isinstance(table, dict):
        raise _TableError([f"{place}: expected a table of settings"])
    problems = ["name: it is the name of the table already"] if "name" in table else []
    read: JobType | None = None
    try:
        read = _ADAPTER.validate_python({**table, "name": name})
    except ValidationError as error:
        problems += [_explain(details) for details in error.errors()]
    if problems or read is None:
        raise _TableError([f"{place}.{problem}" for problem in problems])
    given = {name: getattr(read, name) for name, key in KEYS.items() if key in table}
    merged = replace(base, **given)
    if merged.timeout > merged.max_timeout:
        message = f"timeout: {merged.timeout} is more than max_timeout, {merged.max_timeout}"
        raise _TableError([f"{place}.{message}"])
    return merged


def _explain(details: ErrorDetails) -> str:
    place = ".".join(str(part) for part in details["loc"])
    if details["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        return f"{place}: no such setting{_suggest(place)}"
    message = details["msg"].removeprefix("Value error, ")
    if details["type"] == "value_error":
        return f"{place}: {message}"
    return f"{place}: {_show(details['input'])} is wrong: {message[:1].lower()}{message[1:]}"


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _suggest(key: str) -> str:
    keys = [name for name in KEYS.values() if name != "name"]
    nearest = difflib.get_close_matches(key, keys, n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else f"; expected one of {', '.join(keys)}"
