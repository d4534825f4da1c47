"""Reading the `result.json` that a job left. Whatever is in there, the answer is one of two.

Either it is a JSON object that every later reader can take: then its text is kept. Or there is no
output, and a note says why. A program can't get further than that with it.
"""

import json
from dataclasses import dataclass
from typing import Final

from pydantic_core import from_json

NAME: Final = "result.json"
"""Name of the file in /output."""
MOST_BYTES: Final = 10 * 1024 * 1024
"""The largest file that is read: as large as an artifact may be by default."""
MOST_VALUES: Final = 2_000_000
"""How many values and members it may have; read, each takes far more memory than its text."""

_KINDS: Final = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}


@dataclass(frozen=True, slots=True)
class Output:
    """What a `result.json` says.

    Attributes:
        text: It as the text of a JSON object, or None.
        note: Why there is none.
    """

    text: str | None
    note: str | None = None


NO_OUTPUT: Final = Output(None)
"""What there is without a `result.json`."""


def read_result(content: bytes) -> Output:
    """Read the content of a `result.json`."""
    if len(content) > MOST_BYTES:
        return too_large(len(content))
    if content.count(b",") + content.count(b"[") + content.count(b"{") > MOST_VALUES:
        return refuse(f"it has more than {MOST_VALUES:,} values")
    try:
        # Refuses NaN, lone surrogates, nesting of more than 200 levels and integers of more
        # digits than Python reads.
        value = from_json(content, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        return refuse(f"it can't be read as JSON: {error}")
    if not isinstance(value, dict):
        return refuse(f"expected a JSON object, found {_KINDS.get(type(value), 'a number')}")
    try:
        # What a float can't hold, such as 1e999, was read as infinity.
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()
    except ValueError:
        return refuse("it has a number or a text that can't be passed on")
    return Output(text)


def too_large(size: int) -> Output:
    """Return the output of a file that nobody should read."""
    return refuse(f"it has {size:,} bytes, and at most {MOST_BYTES:,} are read")


def refuse(reason: str) -> Output:
    """Return that there is no output, and why."""
    return Output(None, f"no output: {NAME}: {reason}")
