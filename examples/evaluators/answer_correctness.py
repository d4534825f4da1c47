"""Judges a short answer against a reference answer, the way a patient reader would.

The whole file is the `code` of a custom evaluator: it needs the standard library only. Give it the
variables `output` and `reference`; add `must_mention` to make a required word count as well.

The reference decides how the output is read:

* a JSON object: the output has to be that object, member by member;
* a date, a time, a fraction or a number with or without a unit: the value the output settles on;
* code (it holds brackets, operators or options): the same code, spacing aside;
* anything else: the same words, whole words only, anywhere in the output.

Known limits: synonyms and translations are not recognised, and an output that ends with a number
other than its answer has to mark the answer (bold, "answer: 7", or by opening with it).
"""

import ast
import json
import math
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

CORRECT = "correct"
PARTIAL = "partially_correct"
INCORRECT = "incorrect"

PARTIAL_FLOOR = 0.6
"""Token F1 from which a wrong answer still earns credit: one shared word of two is not enough."""

RELATIVE_TOLERANCE = 0.005
"""How far a decimal may be off, as a share of the reference, so that other roundings pass."""

_MONTH_NAMES = (
    "january february march april may june july august september october november december"
)
_ONES = "two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNIT_NAMES = """
    m metre metres meter meters; km kilometre kilometres kilometer kilometers
    cm centimetre centimetres centimeter centimeters; mi mile miles; ft foot feet; inch inches
    mm millimetre millimetres millimeter millimeters; lb lbs pound pounds
    g gram grams gramme grammes; kg kilogram kilograms kilo kilos; mg milligram milligrams
    L l litre litres liter liters; mL ml millilitre millilitres milliliter milliliters
    s sec second seconds; min minute minutes; h hr hrs hour hours; day days; week weeks; year years
    °C degrees_Celsius degree_Celsius Celsius; K kelvin kelvins; % percent per_cent
    °F degrees_Fahrenheit degree_Fahrenheit Fahrenheit
    m/s metres_per_second meters_per_second; km/h kph kilometres_per_hour kilometers_per_hour
    m/s2 m/s^2 metres_per_second_squared meters_per_second_squared; ha hectare hectares
    m2 m^2 square_metres square_meters; km2 km^2 square_kilometres square_kilometers
    m3 m^3 cubic_metres cubic_meters; in3 in^3 cubic_inches; ft3 ft^3 cubic_feet
    MB megabyte megabytes; MiB mebibyte mebibytes; GiB gibibyte gibibytes
    A amp amps ampere amperes; mA milliampere milliamperes; V volt volts
    Pa pascal pascals; kPa kilopascal kilopascals
    J joule joules; kJ kilojoule kilojoules; MJ megajoule megajoules; kWh kilowatt-hours
"""

MONTHS: list[str] = [*_MONTH_NAMES.split()]
NUMBER_WORDS = {
    word: number for number, word in enumerate(f"{_ONES} {_TEENS}".split(), start=2)
} | {word: 10 * number for number, word in enumerate(_TENS.split(), start=2)}
"""Number words from two up; "one" is left alone because it is mostly a pronoun."""

UNITS = {
    alias.replace("_", " "): names.split()[0]
    for names in re.split(r";|\n", _UNIT_NAMES.strip())
    for alias in names.split()
}
"""Every spelling of a unit and the one it is compared by; symbols keep their case."""

_UNIT = "|".join(re.escape(alias) for alias in sorted(UNITS, key=len, reverse=True))
_NUMBER = r"(?<![\w.])(?P<number>-?\d+(?:\.\d+)?)"
_QUANTITY = re.compile(rf"{_NUMBER}(?:[ -]?(?P<unit>{_UNIT})(?![\w/^])|(?![A-Za-z]))")
_FRACTION = re.compile(r"(?<![\w./])(\d{1,9})/(\d{1,9})(?![\w/])")
_TIME = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?![\d:])")
_MONTH = rf"(?P<month>{'|'.join(MONTHS)})"
_DATE = re.compile(
    r"(?<!\d)(?:(?P<iso>\d{4}-\d{2}-\d{2})(?!\d)"
    rf"|(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH},? (?P<year>\d{{4}})(?!\d)"
    rf"|\b{_MONTH.replace('month', 'month2')} (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,? "
    r"(?P<year2>\d{4})(?!\d))",
    re.IGNORECASE,
)
_OPENING = re.compile(rf"\W*?({_QUANTITY.pattern})\s*(?:[.,;:!?(](?!\d)|\n|$)")
_CODE = re.compile(r"[\[\](){}<>=*~$|\\]| -")
_MARKER = re.compile(r"\banswer(?: is| was|:)", re.IGNORECASE)
_NUMBER_WORDS = re.compile(
    rf"\b(?:(?:{'|'.join(_TENS.split())})[ -](?:one|{'|'.join(_ONES.split())})"
    rf"|{'|'.join(NUMBER_WORDS)})\b",
    re.IGNORECASE,
)
_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_HEDGE = re.compile(
    r"\b(?:not (?:entirely |completely )?(?:sure|certain)|might be|may be|could be|maybe|perhaps"
    r"|possibly|either|had to guess)\b"
)
_REFUSAL = re.compile(r"\b(?:sorry|cannot|can't|unable to|as an ai)\b", re.IGNORECASE)
_NEGATIONS = {"not", "isnt", "wasnt", "never", "unlike", "than", "instead"}
_ARTICLES = {"a", "an", "the"}
_SPELLINGS: dict[str, str] = {"mt": "mount", "st": "saint", "&": "and"}


class Verdict(NamedTuple):
    """What is found about one output."""

    score: float
    label: str
    explanation: str


class Value(NamedTuple):
    """A number, date or time found in a text, and where it starts."""

    amount: float | str
    unit: str
    start: int


def evaluate(output: object, reference: object, **kwargs: object) -> dict[str, object]:
    """Judges one output.

    Args:
        output: The answer of the system under test; anything but text is judged as JSON text.
        reference: The expected answer.
        kwargs: `must_mention`, a word or phrase without which an answer is only partially correct;
            everything else is ignored.

    Returns:
        `score` from 0 to 1, `label` (correct, partially_correct or incorrect), `explanation`.

    Raises:
        ValueError: The reference is empty, so nothing can be compared.
    """
    expected, found = _as_text(reference), _as_text(output)
    if not expected:
        raise ValueError("the reference is empty; give every row a reference answer")
    verdict = _judge(found, expected) if found else _incorrect(expected, "an empty answer")
    verdict = _require_mention(verdict, found, _as_text(kwargs.get("must_mention")))
    return verdict._asdict()


def _judge(output: str, expected: str) -> Verdict:
    """Picks the way of reading that fits the reference."""
    wanted = _json_object(expected)
    if wanted is not None:
        return _judge_json(output, expected, wanted)
    forms = ((_DATE, _dates), (_TIME, _times), (_FRACTION, _fractions), (_QUANTITY, _quantities))
    for form, read in forms:
        if form.fullmatch(_digits(_plain(expected)).strip("$£€ ")):
            return _judge_value(output, expected, next(read(expected)), list(read(output)))
    if _CODE.search(expected):
        return _judge_code(output, expected)
    return _judge_words(output, expected)


def _require_mention(verdict: Verdict, output: str, phrase: str) -> Verdict:
    """Halves the credit of an answer that leaves out the required phrase."""
    if not phrase or verdict.score == 0 or _contains(_words(output), _words(phrase)):
        return verdict
    why = f'{verdict.explanation} It does not mention "{phrase}", which the question asks for.'
    return Verdict(verdict.score / 2, PARTIAL, why)


# --- Text ---------------------------------------------------------------------------------------


def _as_text(value: object) -> str:
    """Gives text as it is, None as nothing and other values as JSON."""
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _plain(text: str) -> str:
    """Levels typography: compatibility forms, quotes, minus signs, thousands separators."""
    text = re.sub(r"(?<=\d)[\u202f\u2009\u00a0](?=\d{3}(?!\d))", "", text)
    text = unicodedata.normalize("NFKC", text)
    text = text.translate({0x2019: "'", 0x2018: "'", 0x2212: "-", 0x2013: "-", 0x2014: "-"})
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)


def _without_accents(text: str) -> str:
    """Drops combining marks, so that a name matches with and without its accents."""
    parts = unicodedata.normalize("NFD", text)
    return "".join(part for part in parts if unicodedata.category(part) != "Mn")


def _words(text: str) -> list[str]:
    """Splits a text into comparable words: no case, accents, articles, possessives."""
    text = _without_accents(_plain(text).casefold())
    text = re.sub(r"'s\b", "", text).replace("'", "")
    text = _digits(text)
    words: list[str] = re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+|&", text)
    return [_SPELLINGS.get(word, word) for word in words if word not in _ARTICLES]


def _digits(text: str) -> str:
    """Writes number words from two to ninety-nine as digits, keeping every position."""

    def number(match: re.Match[str]) -> str:
        parts = re.split(r"[ -]", match[0].lower())
        values = [NUMBER_WORDS.get(part, 1) for part in parts]
        return str(sum(values)).rjust(len(match[0]))

    return _NUMBER_WORDS.sub(number, text)


def _contains(words: list[str], phrase: list[str]) -> bool:
    """Says whether the phrase occurs in the words, word by word."""
    return next(_positions(words, phrase), None) is not None


def _positions(words: list[str], phrase: list[str]) -> Iterator[int]:
    """Finds every place where the phrase starts."""
    size = len(phrase)
    if size:
        yield from (at for at in range(len(words) - size + 1) if words[at : at + size] == phrase)


def _f1(found: list[str], expected: list[str]) -> float:
    """Measures the overlap of two bags of words, from 0 to 1."""
    shared = sum((Counter(found) & Counter(expected)).values())
    return 2 * shared / (len(found) + len(expected)) if shared else 0.0


def _judge_words(output: str, expected: str) -> Verdict:
    """Looks for the words of the reference in the output."""
    wanted, given = _words(expected), _words(output)
    parts = [_words(part) for part in re.split(r",| and ", expected)]
    named = sum(_states(output, part) for part in parts)
    if _states(output, wanted) or named == len(parts) or (_f1(given, wanted) == 1.0):
        return _unless_hedged(output, expected)
    if len(parts) > 1 and 2 * named >= len(parts):
        share = named / len(parts)
        return _partial(share, f"{named} of {len(parts)} parts", expected, output)
    overlap = _f1(given, wanted)
    if overlap >= PARTIAL_FLOOR and not _contains(given, wanted):
        return _partial(overlap, f"a word overlap of {overlap:.2f}", expected, output)
    return _incorrect(expected, _shown(output))


def _states(output: str, phrase: list[str]) -> bool:
    """Says whether a sentence asserts the phrase instead of denying it."""
    for sentence in re.split(r"[.!?;](?=\s|$)|\n", output):
        words = _words(sentence)
        for at in _positions(words, phrase):
            if not _NEGATIONS.intersection(words[max(0, at - 3) : at]):
                return True
    return False


def _unless_hedged(output: str, expected: str) -> Verdict:
    """Gives half the credit to an answer that does not commit itself."""
    if _HEDGE.search(_plain(output).casefold()):
        return _partial(0.5, "it only as one possibility", expected, output)
    return _correct(expected, output)


# --- Values -------------------------------------------------------------------------------------


def _dates(text: str) -> Iterator[Value]:
    """Finds dates, written 2024-05-01, 1 May 2024 or May 1, 2024."""
    for match in _DATE.finditer(_plain(text)):
        yield Value(_iso(match), "", match.start())


def _iso(match: re.Match[str]) -> str:
    """Writes a date that was found as YYYY-MM-DD."""
    if match["iso"]:
        return match["iso"]
    month = MONTHS.index((match["month"] or match["month2"]).lower()) + 1
    return f"{match['year'] or match['year2']}-{month:02}-{int(match['day'] or match['day2']):02}"


def _times(text: str) -> Iterator[Value]:
    """Finds times of day, written 9:05 or 09:05."""
    for match in _TIME.finditer(_plain(text)):
        yield Value(f"{int(match[1]):02}:{match[2]}", "", match.start())


def _fractions(text: str) -> Iterator[Value]:
    """Finds fractions such as 3/8."""
    for match in _FRACTION.finditer(_plain(text)):
        if int(match[2]):
            yield Value(int(match[1]) / int(match[2]), "", match.start())


def _quantities(text: str) -> Iterator[Value]:
    """Finds numbers with their units, number words included; of a date only the year counts."""
    text = _DATE.sub(lambda match: _iso(match)[:4].rjust(len(match[0])), _plain(text))
    for match in _QUANTITY.finditer(_digits(text)):
        unit = UNITS.get(match["unit"], "") if match["unit"] else ""
        yield Value(float(match["number"]), unit, match.start())


def _judge_value(output: str, expected: str, wanted: Value, found: list[Value]) -> Verdict:
    """Compares the value the output settles on with the reference."""
    comparable = [value for value in found if value.unit == wanted.unit] if wanted.unit else []
    comparable = comparable or [
        value for value in found if not (wanted.unit and value.unit and value.unit != wanted.unit)
    ]
    if not comparable:
        return _incorrect(expected, _why_no_value(output, wanted, found))
    if _equal(_settled(output, comparable).amount, wanted.amount, expected):
        return _unless_hedged(output, expected)
    if any(_equal(value.amount, wanted.amount, expected) for value in comparable):
        return _partial(0.5, "it, but as a step and not as the conclusion", expected, output)
    return _incorrect(expected, _shown(output))


def _why_no_value(output: str, wanted: Value, found: list[Value]) -> str:
    """Explains an output in which nothing could be compared."""
    if found and wanted.unit:
        return f"only values in {found[-1].unit} instead of {wanted.unit} in {_shown(output)}"
    return f"no value in {_shown(output)}"


def _settled(output: str, values: list[Value]) -> Value:
    """Picks the value that is meant: marked as the answer, bold, opening the text, or last."""
    plain = _digits(_plain(output))
    for marker in (*list(_MARKER.finditer(plain))[-1:], *list(_BOLD.finditer(plain))[-1:]):
        after = [value for value in values if value.start >= marker.start()]
        if after:
            return after[0]
    opening = _OPENING.match(plain)
    return values[0] if opening and opening.start(1) == values[0].start else values[-1]


def _equal(found: float | str, wanted: float | str, expected: str) -> bool:
    """Compares exactly, except that decimals may be rounded differently."""
    if isinstance(found, str) or isinstance(wanted, str):
        return found == wanted
    decimals = re.search(r"\d\.(\d+)", expected)
    slack = 0.5 * 10.0 ** -len(decimals[1]) if decimals else 0.0
    share = RELATIVE_TOLERANCE * abs(wanted) if decimals else 0.0
    return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=max(slack, share, 1e-9))


# --- Code ---------------------------------------------------------------------------------------


def _judge_code(output: str, expected: str) -> Verdict:
    """Looks for the same code; nearly the same command is a different command."""
    parts = re.findall(r"\w+|[^\w\s]", _plain(expected))
    pattern = "".join(
        re.escape(part) + (r"\s+" if _both_words(part, after) else r"\s*")
        for part, after in zip(parts, [*parts[1:], "."], strict=True)
    )
    opening = r"(?<![\w-])" if parts[0][0].isalnum() else ""
    closing = r"(?!\w)" if parts[-1][-1].isalnum() else ""
    pattern = opening + pattern.removesuffix(r"\s*") + closing
    text = _plain(output).replace('"', "'")
    if re.search(pattern.replace('"', "'"), text, re.IGNORECASE):
        return _correct(expected, output)
    return _incorrect(expected, _shown(output))


def _both_words(left: str, right: str) -> bool:
    """Says whether two neighbours need a space between them."""
    return left[-1].isalnum() and right[0].isalnum()


# --- JSON ---------------------------------------------------------------------------------------


def _json_object(text: str) -> dict[str, object] | None:
    """Reads a JSON object, or gives None when the text is anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _recovered(output: str) -> dict[str, object] | None:
    """Finds the object in an output that is not JSON as it stands: fenced, wordy, sloppy.

    Python literals are read too, but not with escapes, which mean other things in JSON.
    """
    match = re.search(r"\{.*\}", output, re.DOTALL)
    if not match:
        return None
    tidy = re.sub(r",(\s*[}\]])", r"\1", match[0])
    found = _json_object(tidy)
    if found is not None:
        return found
    if "\\" in tidy:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            value = ast.literal_eval(tidy)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _leaves(value: object, path: str = "") -> dict[str, object]:
    """Lists every single value inside a JSON value under its path."""
    if isinstance(value, dict) and value:
        items = [(str(key), inner) for key, inner in value.items()]
    elif isinstance(value, list) and value:
        items = [(str(index), inner) for index, inner in enumerate(value)]
    else:
        return {path: value}
    return {
        at: leaf for key, inner in items for at, leaf in _leaves(inner, f"{path}/{key}").items()
    }


def _same_leaf(found: object, wanted: object) -> bool:
    """Compares two JSON values: text without case, numbers by value, types as they are."""
    if isinstance(found, str) and isinstance(wanted, str):
        return " ".join(found.casefold().split()) == " ".join(wanted.casefold().split())
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, int | float) and isinstance(wanted, int | float):
        return found == wanted or math.isclose(_bounded(found), _bounded(wanted), rel_tol=1e-9)
    return found == wanted


def _bounded(number: float) -> float:
    """Caps a whole number that is too large for floating point."""
    return max(-1e308, min(1e308, number))


def _judge_json(output: str, expected: str, wanted: dict[str, object]) -> Verdict:
    """Compares member by member; an object that needs digging out earns half at most."""
    found = _json_object(output)
    clean = found is not None
    found = _recovered(output) if found is None else found
    if found is None:
        return _incorrect(expected, f"no JSON object in {_shown(output)}")
    given, due = _leaves(found), _leaves(wanted)
    wrong = [path for path in due if path not in given or not _same_leaf(given[path], due[path])]
    share = 2 * (len(due) - len(wrong)) / (len(given) + len(due))
    if share == 1.0 and clean:
        return _correct(expected, output)
    problems = _json_problems(wrong, sorted(set(given) - set(due)), clean)
    score = share if clean else share / 2
    if share < 0.5:
        return _incorrect(expected, f"{_shown(output)} ({problems})")
    return _partial(score, f"an object with faults ({problems})", expected, output)


def _json_problems(wrong: list[str], extra: list[str], clean: bool) -> str:
    """Names what is wrong with an object."""
    problems = [] if clean else ["the output as a whole is not JSON"]
    if wrong:
        problems.append(f"missing or different: {', '.join(wrong)}")
    if extra:
        problems.append(f"not asked for: {', '.join(extra)}")
    return "; ".join(problems)


# --- Verdicts -----------------------------------------------------------------------------------


def _shown(text: str) -> str:
    """Quotes a text, shortened to one line."""
    line = " ".join(text.split())
    return f'"{line[:117]}..."' if len(line) > 120 else f'"{line}"'


def _correct(expected: str, output: str) -> Verdict:
    return Verdict(1.0, CORRECT, f"Expected {_shown(expected)} and found it in {_shown(output)}.")


def _partial(score: float, found: str, expected: str, output: str) -> Verdict:
    why = f"Expected {_shown(expected)} and found {found} in {_shown(output)}."
    return Verdict(min(score, 0.95), PARTIAL, why)


def _incorrect(expected: str, found: str) -> Verdict:
    refused = " The answer declines the question." if _REFUSAL.search(found) else ""
    return Verdict(0.0, INCORRECT, f"Expected {_shown(expected)} but found {found}.{refused}")
