"""Where the server is and how to talk to it: arguments, then environment, then defaults."""

import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from evalwright._errors.invalid import FieldError
from evalwright._fields import refuse, shown

DEFAULT_BASE_URL: Final = "http://127.0.0.1:8000"
DEFAULT_TIMEOUT: Final = 60.0
DEFAULT_MAX_RETRIES: Final = 2

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_KEY = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one client, checked."""

    base_url: str
    api_key: str | None = field(repr=False)
    timeout: float
    max_retries: int
    headers: Mapping[str, str] = field(repr=False)


def load_config(
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    timeout: float = DEFAULT_TIMEOUT,
    max_retries: int = DEFAULT_MAX_RETRIES,
    headers: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """Join arguments with EVALWRIGHT_BASE_URL and EVALWRIGHT_API_KEY.

    Raises:
        InvalidRequest: Naming everything that can't work.
    """
    url = base_url if base_url is not None else environ.get("EVALWRIGHT_BASE_URL") or None
    key = api_key if api_key is not None else environ.get("EVALWRIGHT_API_KEY") or None
    url = DEFAULT_BASE_URL if url is None else url
    refuse(
        [
            *_check_url(url),
            *_check_key(key),
            *_check_numbers(timeout, max_retries),
            *_check_headers((headers or {}).items()),
        ]
    )
    return Config(url.rstrip("/"), key, float(timeout), max_retries, dict(headers or {}))


def _check_url(url: str) -> list[FieldError]:
    expected = "an address such as http://127.0.0.1:8000"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        usable = usable and parts.port != 0 and parts.username is None
        usable = usable and not (parts.query or parts.fragment)
    except (ValueError, AttributeError, TypeError):  # a port that is no number, or no text at all
        usable = False
    if usable and not re.search(r"\s", url):
        return []
    return [FieldError("base_url", "is not a usable address", shown(url), expected)]


def _check_key(key: object) -> list[FieldError]:
    if key is None or (isinstance(key, str) and _KEY.fullmatch(key)):
        return []
    # The value stays out of the text: it may be most of a real key.
    return [FieldError("api_key", "must be printable ASCII without blanks")]


def _check_numbers(timeout: object, max_retries: object) -> list[FieldError]:
    errors = []
    if not isinstance(timeout, int | float) or not 0 < timeout < math.inf:
        errors.append(FieldError("timeout", "is not usable", shown(timeout), "seconds above 0"))
    if not isinstance(max_retries, int) or max_retries < 0:
        expected = "a whole number, 0 for none"
        errors.append(FieldError("max_retries", "is not usable", shown(max_retries), expected))
    return errors


def _check_headers(headers: Iterable[tuple[object, object]]) -> list[FieldError]:
    errors = []
    for name, value in headers:
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            errors.append(FieldError("headers", f"{shown(name)} is not a header name"))
        elif not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            errors.append(FieldError(f"headers[{name!r}]", "must be one line of Latin-1 text"))
    return errors
