"""The evaluators that come with the server.

| evaluator           | variables      | static parameter                         |
|---------------------|----------------|------------------------------------------|
| MatchesRegex        | text           | `pattern`: REGEX (or STRING)             |
| JSONParseable       | text           | none                                     |
| ContainsAnyKeyword  | text           | `keywords`: STRING_ARRAY                 |
| ContainsAllKeywords | text           | `keywords`: STRING_ARRAY                 |
| ExactMatch          | text, expected | none                                     |

Number and order of variables count, not their names; a parameter of another name is taken if it
is the only one. Values that are not text are judged by their JSON text (see `rows.as_text`).
Keywords and texts are compared with regard to case. A pattern is searched anywhere in the text,
by RE2: in linear time, without look-around and back-references.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, cast

import orjson
import re2

from evalwright_server.evaluators.config import ConfigError, ManagedConfig, StaticParam
from evalwright_server.evaluators.results import EvaluationResult, storable

SHOWN: Final = 200
"""Characters of a value that an explanation quotes."""
REGEX_MEMORY: Final = 16 * 1024 * 1024

Judge = Callable[[Sequence[str]], EvaluationResult]
"""Judges the texts of the variables, in order."""


class _Pattern(Protocol):
    def search(self, text: str) -> "_Match | None": ...


class _Match(Protocol):
    def group(self) -> str: ...
    def start(self) -> int: ...


@dataclass(frozen=True, slots=True)
class ManagedKind:
    """What one of the evaluators wants.

    Attributes:
        variables: Their meaning, in order.
        param: Name of its parameter, if it has one.
        param_types: Types that parameter may have; the first is the usual one.
        build: Makes the judge from the parameter's value; ValueError when it can't.
    """

    variables: tuple[str, ...]
    param: str | None
    param_types: tuple[str, ...]
    build: Callable[[str | list[str]], Judge]


def quote(text: str) -> str:
    """Quote the beginning of a text."""
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")


def graded(passed: bool, labels: tuple[str, str], explanation: str) -> EvaluationResult:
    """Give 1 and the first label, or 0 and the second."""
    label = labels[0] if passed else labels[1]
    return EvaluationResult(float(passed), label, storable(explanation))


def compile_regex(pattern: str) -> _Pattern:
    """Compile by RE2.

    Raises:
        ValueError: RE2 does not know it.
    """
    options = re2.Options()
    options.log_errors = False
    options.max_mem = REGEX_MEMORY
    try:
        return cast("_Pattern", re2.compile(pattern, options=options))
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if error.args else error
        reason = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
        raise ValueError(
            f"is not a regular expression that RE2 can run in linear time: {reason}"
            " (look-around and back-references are not available)"
        ) from error


def matches_regex(pattern: str | list[str]) -> Judge:
    """Judge whether a pattern occurs in the text."""
    regex = compile_regex(str(pattern))

    def judge(texts: Sequence[str]) -> EvaluationResult:
        found = regex.search(storable(texts[0], limit=len(texts[0])))
        said = (
            f"{quote(found.group())} at character {found.start()} matches {pattern!r}."
            if found
            else f"Nothing in the text matches {pattern!r}."
        )
        return graded(found is not None, ("match", "no match"), said)

    return judge


def json_parseable(_: str | list[str]) -> Judge:
    """Judge whether the text is JSON (RFC 8259, so without NaN)."""

    def judge(texts: Sequence[str]) -> EvaluationResult:
        try:
            orjson.loads(texts[0])
        except orjson.JSONDecodeError as error:
            said = f"The text is not JSON: {error}."
            return graded(False, ("parseable", "not parseable"), said)
        return graded(True, ("parseable", "not parseable"), "The text is JSON.")

    return judge


def contains_any(keywords: str | list[str]) -> Judge:
    """Judge whether a keyword occurs in the text."""

    def judge(texts: Sequence[str]) -> EvaluationResult:
        found = [word for word in keywords if word in texts[0]]
        said = f"Found: {found}." if found else f"Found none of {keywords}."
        return graded(bool(found), ("found", "not found"), said)

    return judge


def contains_all(keywords: str | list[str]) -> Judge:
    """Judge whether every keyword occurs in the text."""

    def judge(texts: Sequence[str]) -> EvaluationResult:
        missing = [word for word in keywords if word not in texts[0]]
        said = f"Missing: {missing}." if missing else f"Found all of {keywords}."
        return graded(not missing, ("all found", "some missing"), said)

    return judge


def exact_match(_: str | list[str]) -> Judge:
    """Judge whether two texts are the same."""

    def judge(texts: Sequence[str]) -> EvaluationResult:
        actual, expected = texts
        same = actual == expected
        said = (
            "The text is as expected."
            if same
            else f"Expected {quote(expected)}, found {quote(actual)}."
        )
        return graded(same, ("match", "no match"), said)

    return judge


KINDS: Final = {
    "MatchesRegex": ManagedKind(("text",), "pattern", ("REGEX", "STRING"), matches_regex),
    "JSONParseable": ManagedKind(("text",), None, (), json_parseable),
    "ContainsAnyKeyword": ManagedKind(("text",), "keywords", ("STRING_ARRAY",), contains_any),
    "ContainsAllKeywords": ManagedKind(("text",), "keywords", ("STRING_ARRAY",), contains_all),
    "ExactMatch": ManagedKind(("text", "expected"), None, (), exact_match),
}
"""By the name on the wire."""


def build_managed(config: ManagedConfig) -> Judge | list[ConfigError]:
    """Make a judge, or list everything that keeps it from working."""
    kind = KINDS.get(config.managed_evaluator)
    if kind is None:
        return [ConfigError("/managed_evaluator", f"must be one of {', '.join(KINDS)}")]
    errors = check_variables(config, kind)
    chosen = choose_param(config.params, kind)
    if isinstance(chosen, ConfigError):
        return [*errors, chosen]
    index, value = chosen
    try:
        judge = kind.build(value)
    except ValueError as error:
        return [*errors, ConfigError(f"/static_params/{index}/default_value", str(error))]
    return errors or judge


def check_variables(config: ManagedConfig, kind: ManagedKind) -> list[ConfigError]:
    """Compare the number of variables."""
    if len(config.variables) == len(kind.variables):
        return []
    wanted = " and ".join(kind.variables)
    message = (
        f"{config.managed_evaluator} reads {len(kind.variables)} ({wanted}, in this order),"
        f" not {len(config.variables)}"
    )
    return [ConfigError("/variables", message)]


def choose_param(
    params: Sequence[StaticParam], kind: ManagedKind
) -> tuple[int, str | list[str]] | ConfigError:
    """Find the parameter by name, or take the only one.

    Returns:
        Its place and value; an empty value for an evaluator without parameter.
    """
    if kind.param is None:
        if params:
            return ConfigError("/static_params", "must be empty: this evaluator takes none")
        return 0, ""
    named = [index for index, param in enumerate(params) if param.name == kind.param]
    index = named[0] if named else 0
    if len(params) != 1:
        usual = f"'{kind.param}' of type {kind.param_types[0]}"
        return ConfigError("/static_params", f"must hold exactly one parameter, {usual}")
    if params[index].type not in kind.param_types:
        wanted = " or ".join(kind.param_types)
        return ConfigError(f"/static_params/{index}/type", f"must be {wanted}")
    if not params[index].default_value:
        return ConfigError(f"/static_params/{index}/default_value", "must not be empty")
    return index, params[index].default_value
