"""Filters that users write, checked when they are stored and again when they are used."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalwright_server.filters import FilterError, compile_filter
from evalwright_server.services.errors import Findings, UnprocessableRequest


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


def require_support(filters: Sequence[Filter], findings: Findings) -> None:
    """Add to `findings` every filter that a run could not apply."""
    for each in filters:
        if each.text:
            message = f"{each.owner} has a query_filter, which this release can't apply yet"
            findings.add("", message, error=UnprocessableRequest)
