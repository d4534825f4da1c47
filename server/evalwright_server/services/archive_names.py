"""Names of files in archives that people unpack wherever they are."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

# What Windows doesn't take, what could move a terminal's cursor, and what turns text around.
_UNSAFE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\\/:*?\"<>|\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_DEVICES: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE | re.DOTALL
)
_MOST_BYTES: Final = 255


def archive_names(names: Iterable[str]) -> dict[str, str]:
    """Return under which name each file goes into an archive, in the archive's order.

    Names stay as they are unless some system has no such file, or takes two of them for one.
    """
    taken: set[str] = set()
    chosen: dict[str, str] = {}
    for name in sorted(names):
        safe = _safe(name)
        number = 1
        candidate = safe
        while _folded(candidate) in taken:
            number += 1
            candidate = _numbered(safe, number)
        taken.add(_folded(candidate))
        chosen[name] = candidate
    return chosen


def _safe(name: str) -> str:
    safe = _UNSAFE.sub("_", name)
    trimmed = safe.rstrip(". ")
    safe = trimmed + "_" * (len(safe) - len(trimmed))
    safe = safe.lstrip(" ") or "_"
    if _DEVICES.fullmatch(safe):
        safe = f"_{safe}"
    return _cut(safe, _MOST_BYTES)


def _folded(name: str) -> str:
    """Return what file systems compare that know no case, or one form of an accent only."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _numbered(name: str, number: int) -> str:
    stem, dot, extension = name.rpartition(".")
    if not stem:
        stem, dot, extension = name, "", ""
    ending = f" ({number}){dot}{extension}"
    room = _MOST_BYTES - len(ending.encode())
    return f"{_cut(stem, room)}{ending}" if room > 0 else f"{number}"


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")
