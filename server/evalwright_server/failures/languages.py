"""In which language a text is, and in which one a request wants its answer.

Two signs are read: the script, which tells Greek from Korean by a few letters, and among languages
in Latin letters the commonest words, of which there must be some. Where neither says enough,
nothing is said: a wrong guess would be a failure found in a sound answer.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import Final

from evalwright_server.prose.words import words

LATIN_LANGUAGES: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(common.split())
    for name, common in {
        "english": "the of and to in is that it for was on are with as at be this have from or by "
        "you not your can which they",
        "german": "der die das und ist nicht ein eine mit für auf dem den von zu sich auch wird im "
        "sie es ich wir sind",
        "french": "le la les des est une un pour dans que qui pas sur avec ce cette sont au du et "
        "il vous nous",
        "spanish": "el la los las de que y en un una es por con para no se del al como más su lo "
        "está son",
        "italian": "il lo la gli di che e un una è per con non si del della sono come più nel i "
        "le da questo",
        "portuguese": "o a os as de que e em um uma é por com para não se do da como mais na no "
        "são você",
        "dutch": "de het een en van ik te dat niet is op voor met zijn er aan om ook als bij je "
        "wordt naar",
        "polish": "i w nie na się z że do to jest jak od po są przez dla tym oraz ale być może",
        "turkish": "ve bir bu için ile da de çok olarak daha gibi kadar olan var ne mi sonra en",
        "swedish": "och att det som en på är av för med den till inte om ett har de jag var sig",
    }.items()
}
"""The commonest words of languages in Latin letters."""

_SCRIPTS: Final[Mapping[str, str]] = {
    "CYRILLIC": "russian",
    "GREEK": "greek",
    "ARABIC": "arabic",
    "HEBREW": "hebrew",
    "HIRAGANA": "japanese",
    "KATAKANA": "japanese",
    "HANGUL": "korean",
    "CJK": "chinese",
    "DEVANAGARI": "hindi",
    "THAI": "thai",
}
"""The language that a script is taken for. Others share some of them, Ukrainian the first one; no
two languages of one script are told apart."""
_OWN_NAMES: Final[Mapping[str, str]] = {
    "deutsch": "german",
    "français": "french",
    "francais": "french",
    "español": "spanish",
    "espanol": "spanish",
    "italiano": "italian",
    "português": "portuguese",
    "nederlands": "dutch",
    "polski": "polish",
    "svenska": "swedish",
    "mandarin": "chinese",
}
LANGUAGES: Final = frozenset({*LATIN_LANGUAGES, *_SCRIPTS.values()})
"""The languages that are told apart."""

_NAMES: Final = "|".join(sorted({*LANGUAGES, *_OWN_NAMES}))
_ASKED: Final = re.compile(
    rf"\b(?:in|into|auf|en|em|po)\s+(?:the\s+)?({_NAMES})\b"
    # "In German" is a wish, "in German law" is not.
    r"(?=\s*(?:$|[.,;:!?)\]]|\b(?:please|only|and|with|using|instead|language|not|bitte)\b))",
    re.IGNORECASE | re.MULTILINE,
)
_TRANSLATED: Final = re.compile(
    rf"\b(?:translat\w*|übersetz\w*|tradu\w*)\b.{{0,2000}}?\b(?:to|into|in|ins|auf|en|em)\s+({_NAMES})\b",
    re.IGNORECASE | re.DOTALL,
)
_NAMED: Final = re.compile(rf"\b(?:translat\w*|{_NAMES})\b", re.IGNORECASE)
_LEAST_WORDS: Final = 8
_LEAST_LETTERS: Final = 4
_LEAST_SHARE: Final = 0.15
_LEAD: Final = 1.5
"""How many times as many common words the first language must have as the second."""
_LOOKED_AT: Final = 5_000


def language_of(text: str) -> str | None:
    """Tell the language of a text; None where it does not show."""
    shown = text[:_LOOKED_AT]
    script = _script_of(shown)
    return _SCRIPTS.get(script) or _latin_language(shown)


def _script_of(text: str) -> str:
    """Return the script of most letters; empty where there is none."""
    letters = [letter for letter in text if letter.isalpha()]
    scripts = Counter(unicodedata.name(letter, "?").split()[0] for letter in letters)
    if scripts["HIRAGANA"] + scripts["KATAKANA"] > len(letters) / 10:
        return "HIRAGANA"
    script, count = max(scripts.items(), key=lambda each: each[1], default=("", 0))
    return script if count >= _LEAST_LETTERS and count > len(letters) / 2 else ""


def _latin_language(text: str) -> str | None:
    found = words(text)
    if len(found) < _LEAST_WORDS:
        return None
    shares = {
        name: sum(word in common for word in found) / len(found)
        for name, common in LATIN_LANGUAGES.items()
    }
    best, second = sorted(shares, key=lambda name: -shares[name])[:2]
    is_clear = shares[best] >= _LEAST_SHARE and shares[best] > _LEAD * shares[second]
    return best if is_clear else None


def asked_language(request: str) -> str | None:
    """Return the language that a request wants its answer in, where it says so."""
    found = _TRANSLATED.search(request) or _ASKED.search(request)
    if found is None:
        return None
    name = found[1].casefold()
    return _OWN_NAMES.get(name, name)


def speaks_of_languages(request: str) -> bool:
    """Tell whether a request is about languages, so that its own says little about the answer's."""
    return _NAMED.search(request) is not None
