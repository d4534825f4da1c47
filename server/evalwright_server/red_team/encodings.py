"""Ways to write a text so that a filter does not recognise it, and to read it again."""

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Final

_LEET: Final = str.maketrans("aeiostAEIOST", "431057431057")
_HOMOGLYPHS: Final[dict[str, str]] = dict(
    zip("aceijopsxyABCEHIKMOPTX", "асеіјорѕхуАВСЕНІКМОРТХ", strict=True)  # noqa: RUF001 - Cyrillic
)
_FROM_HOMOGLYPHS: Final = str.maketrans({value: key for key, value in _HOMOGLYPHS.items()})
_ZERO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff"
_NO_ZERO_WIDTH: Final = str.maketrans("", "", _ZERO_WIDTH)
_BASE64_RUN: Final = re.compile(r"[A-Za-z0-9+/]{12,}={0,2}")
_HEX_RUN: Final = re.compile(r"(?:[0-9A-Fa-f]{2}[\s:,]?){6,}")
_MORSE: Final = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- "
        ".-- -..- -.-- --.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----.".split(),
        strict=True,
    )
)
LONGEST: Final = 100_000
"""Characters of an answer that are decoded."""


def to_base64(text: str) -> str:
    """Encode as base64 (RFC 4648)."""
    return base64.b64encode(text.encode()).decode()


def to_rot13(text: str) -> str:
    """Move each letter by thirteen."""
    return codecs.encode(text, "rot13")


def to_leetspeak(text: str) -> str:
    """Write some letters as digits."""
    return text.translate(_LEET)


def to_hex(text: str) -> str:
    """Write each byte as two hexadecimal digits."""
    return text.encode().hex(" ")


def to_reversed(text: str) -> str:
    """Write from the end to the start."""
    return text[::-1]


def to_homoglyphs(text: str) -> str:
    """Write Latin letters as Cyrillic ones that look alike."""
    return text.translate({ord(latin): other for latin, other in _HOMOGLYPHS.items()})


def to_zero_width(text: str) -> str:
    """Put a character without width between letters."""
    return "\u200b".join(text)


def to_morse(text: str) -> str:
    """Write in Morse code; what it has no sign for is left out."""
    words = text.upper().split()
    return " / ".join(
        " ".join(_MORSE[letter] for letter in word if letter in _MORSE) for word in words
    )


def plain(text: str) -> str:
    """Undo what only looks different: widths, homoglyphs, characters without width."""
    folded = unicodedata.normalize("NFKC", text.translate(_NO_ZERO_WIDTH))
    return folded.translate(_FROM_HOMOGLYPHS)


def _from_base64(text: str) -> Iterator[str]:
    for match in _BASE64_RUN.finditer(text[:LONGEST]):
        run = match.group().rstrip("=")
        try:
            yield base64.b64decode(run + "=" * (-len(run) % 4)).decode(errors="replace")
        except binascii.Error:
            continue


def _from_hex(text: str) -> Iterator[str]:
    for match in _HEX_RUN.finditer(text[:LONGEST]):
        digits = re.sub(r"[^0-9A-Fa-f]", "", match.group())
        yield bytes.fromhex(digits[: len(digits) // 2 * 2]).decode(errors="replace")


DECODERS: Final[Mapping[str, Callable[[str], Iterator[str]]]] = {
    "rot13": lambda text: iter([to_rot13(text)]),
    "reversed": lambda text: iter([text[::-1]]),
    "base64": _from_base64,
    "hex": _from_hex,
}
"""How answers are read that may be encoded; each gives every reading there is. Codes look the same
in leetspeak."""
