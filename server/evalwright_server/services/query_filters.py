"""Filters that users write, checked when they are stored and again when they are used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from evalwright_server.filters import Filter as Predicate
from evalwright_server.filters import FilterError, compile_filter
from evalwright_server.services.annotations import annotation_columns
from evalwright_server.services.errors import (
    FieldError,
    Findings,
    InvalidRequest,
    UnprocessableRequest,
)
from evalwright_server.services.requests import JsonObject


@dataclass(frozen=True, slots=True)
class Filter:
    """A stored filter, and in words whose it is."""

    owner: str
    text: str | None


def check_filter(findings: Findings, pointer: str, text: str | None) -> None:
    """Add to `findings` what is wrong with a filter about to be stored; empty text is none."""
    if text:
        try:
            compile_filter(text)
        except FilterError as error:
            findings.add(pointer, str(error))


def compile_request(text: str | None, pointer: str) -> Predicate | None:
    """Return the filter in a request, or None if it has none.

    Raises:
        InvalidRequest: It is no filter; says where, and what is allowed.
    """
    if not text:
        return None
    try:
        return compile_filter(text)
    except FilterError as error:
        raise InvalidRequest(str(error), [FieldError(pointer, str(error))]) from error


def filter_columns(view: JsonObject) -> JsonObject:
    """Return a row of an answer as filters see it.

    Times are the texts that stand in answers; annotations are flat columns, each value under
    `annotation.<name>.<value>`.
    """
    columns = {
        name: value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
        for name, value in view.items()
        if name != "annotations"
    }
    return columns | annotation_columns(view.get("annotations", ()))


def check_stored(filters: Sequence[Filter], findings: Findings) -> None:
    """Add to `findings` every stored filter that this release does not understand any more."""
    for each in filters:
        if each.text:
            try:
                compile_filter(each.text)
            except FilterError as error:
                message = f"the query_filter of {each.owner} can't be used: {error}"
                findings.add("", message, error=UnprocessableRequest)
