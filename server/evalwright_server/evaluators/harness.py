"""Runs a custom evaluator over rows, inside the sandbox.

A program of its own with nothing but the standard library; the server sends its source along and
never imports it. It reads /input/evaluator and /input/rows, marshalled by the same Python, and
writes to descriptor 3, one JSON line each: `["loaded"]` or `["broken", message]`, then for every
row in order `["result", index, score, label, explanation]` or `["error", index, message]`.

User code shares this process and could write such lines itself; so a batch is as trustworthy as
its evaluator, and the server believes no more of a line than that. Slow imports (json, inspect,
dataclasses, typing) are avoided: together they would double the time a batch takes to begin.
"""

# ruff: noqa: ANN401 - what users return and what rows hold is of any type

from __future__ import annotations

import marshal
import os
import sys
from math import isfinite

try:
    from _json import encode_basestring_ascii as quoted
except ImportError:  # not CPython
    from json.encoder import encode_basestring_ascii as quoted

TYPE_CHECKING = False  # type checkers know better; importing `typing` takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType
    from typing import Any, NoReturn

    Function = Callable[..., Any]
    Parts = tuple[float | None, str | None, str | None]

CHANNEL = 3
MAX_LABEL = 1_000
MAX_TEXT = 20_000
VARIABLE_KEYWORDS = 0x08  # CO_VARKEYWORDS
ROW = "dataset_row"
PARTS = ("score", "label", "explanation")
MODULES = (
    "arize",
    "arize.experiments",
    "arize.experiments.types",
    "arize.experiments.evaluators",
    "arize.experiments.evaluators.base",
    "arize.experiments.evaluators.types",
    "arize.experimental",
    "arize.experimental.datasets",
    "arize.experimental.datasets.experiments",
    "arize.experimental.datasets.experiments.types",
    "arize.experimental.datasets.experiments.evaluators",
    "arize.experimental.datasets.experiments.evaluators.base",
)
"""Where evaluators written for Arize import the names below from."""
SHAPES = (
    "return a bool, a number, a label, (score, explanation), (score, label, explanation),"
    " a dict with score, label, explanation, or an EvaluationResult"
)

write = os.write
unpack = marshal.loads


class EvaluationResult:
    """What an evaluator may return."""

    def __init__(
        self,
        score: object = None,
        label: object = None,
        explanation: object = None,
        metadata: object = None,
    ) -> None:
        """Keep what is given; it is checked when it is returned."""
        self.score = score
        self.label = label
        self.explanation = explanation
        self.metadata = metadata


class CodeEvaluator:
    """Base class that evaluators may have."""


class Broken(Exception):
    """The evaluator can't judge any row."""


class Unusable(Exception):
    """What was returned for a row is no judgement."""


def send(*parts: str | float | None) -> None:
    """Write one line; numbers are finite, so their Python form is JSON too."""
    values = [
        "null" if part is None else quoted(part) if isinstance(part, str) else repr(part)
        for part in parts
    ]
    data = f"[{','.join(values)}]\n".encode()
    while data:
        data = data[write(CHANNEL, data) :]


def offer_modules(names: Mapping[str, object]) -> None:
    """Make `from arize... import EvaluationResult` work."""
    module_type = type(sys)
    for path in MODULES:
        module = module_type(path)
        module.__path__ = []
        module.__dict__.update(names)
        sys.modules[path] = module
        parent, _, name = path.rpartition(".")
        if parent:
            setattr(sys.modules[parent], name, module)


def describe(error: BaseException, sources: Mapping[str, str]) -> str:
    """Name an exception and the last line of the user's code that took part in it."""
    try:
        text = f"{type(error).__name__}: {error}".removesuffix(": ")
    except Exception:
        text = type(error).__name__
    place = last_place(error.__traceback__, sources)
    if isinstance(error, SyntaxError) and error.lineno and (error.filename or "") in sources:
        place = (error.filename or "", error.lineno)
    if place is None:
        return text[:MAX_TEXT]
    file, line = place
    lines = sources[file].splitlines()
    source = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return f"{text[:MAX_TEXT]} (line {line} of {file}: {source[:200]})"


def last_place(trace: TracebackType | None, sources: Mapping[str, str]) -> tuple[str, int] | None:
    """Return file and line of the innermost frame in user code."""
    found = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in sources:
            found = (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return found


def load(config: Mapping[str, Any], sources: Mapping[str, str]) -> Function:
    """Execute the user's source and return what judges a row, by keyword."""
    names = {
        "EvaluationResult": EvaluationResult,
        "CodeEvaluator": CodeEvaluator,
        "Evaluator": CodeEvaluator,
    }
    offer_modules(names)
    namespace = {"__name__": "evaluator", **names}
    module = type(sys)("evaluator")
    module.__dict__.update(namespace)
    sys.modules["evaluator"] = module
    namespace = module.__dict__
    for file, source in sources.items():
        exec(compile(source, file, "exec", dont_inherit=True), namespace)  # noqa: S102
    params = config["params"]
    function = namespace.get("evaluate")
    if not callable(function):
        function, params = construct(namespace, params)
    accepted, accepts_any = keywords_of(function)
    return lambda values, row: function(
        **values,
        **params,
        **({ROW: row} if ROW not in values and (accepts_any or ROW in accepted) else {}),
    )


def construct(
    namespace: Mapping[str, Any], params: Mapping[str, Any]
) -> tuple[Function, dict[str, Any]]:
    """Make an object of the user's class; its constructor gets the parameters it names."""
    classes = [
        value
        for value in namespace.values()
        if isinstance(value, type)
        and value.__module__ == "evaluator"
        and callable(getattr(value, "evaluate", None))
    ]
    leaves = [item for item in classes if not any(item in other.__mro__[1:] for other in classes)]
    if not leaves:
        raise Broken("the code defines neither a function `evaluate` nor a class that has one")
    if len(leaves) > 1:
        names = ", ".join(item.__name__ for item in leaves)
        raise Broken(f"the code defines several classes with `evaluate` ({names}); leave one")
    chosen: Any = leaves[0]
    wanted, _ = keywords_of(chosen.__init__)
    given = {name: value for name, value in params.items() if name in wanted}
    method = chosen(**given).evaluate
    named, _ = keywords_of(method)
    rest = {name: value for name, value in params.items() if name in named or name not in given}
    return method, rest


def keywords_of(function: Any) -> tuple[Sequence[str], bool]:
    """Return the names a function takes by keyword, and whether it takes any other."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    if code is None:
        return (), False
    count = code.co_argcount + code.co_kwonlyargcount
    return code.co_varnames[:count], bool(code.co_flags & VARIABLE_KEYWORDS)


def judgement(value: Any) -> Parts:
    """Turn what an evaluator returned into score, label and explanation."""
    parts: tuple[Any, ...]
    if isinstance(value, dict):
        unknown = sorted(str(key) for key in value.keys() - {*PARTS, "metadata"})
        if unknown:
            raise Unusable(f"the dict it returned has unknown keys: {', '.join(unknown)}; {SHAPES}")
        parts = tuple(map(value.get, PARTS))
    elif isinstance(value, (tuple, list)):
        parts = spread(value)
    elif isinstance(value, bool):
        parts = value, str(value), None
    elif isinstance(value, str):
        parts = None, value, None
    elif is_number(value):
        parts = value, None, None
    elif hasattr(value, "score") or hasattr(value, "label"):
        parts = tuple(getattr(value, name, None) for name in PARTS)
    else:
        raise Unusable(f"it returned {kind_of(value)}; {SHAPES}")
    return finished(*parts)


def spread(values: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Tell the members of a tuple apart: by type, and by what stands in front."""
    numbers = [item for item in values if is_number(item)]
    texts = [item for item in values if item is None or isinstance(item, str)]
    scored = bool(numbers) or (len(values) == 3 and values[0] is None)
    if not numbers and scored:
        texts = texts[1:]
    if (
        not 1 <= len(values) <= 3
        or len(numbers) > 1
        or len(texts) > 2
        or (len(numbers) + len(texts) + (scored and not numbers) != len(values))
    ):
        kinds = ", ".join(map(kind_of, values)) or "nothing"
        raise Unusable(f"it returned a tuple of {kinds}; {SHAPES}")
    score = numbers[0] if numbers else None
    if len(texts) == 1 and numbers and is_number(values[0]):
        return score, None, texts[0]
    label, explanation = (*texts, None, None)[:2]
    return score, label, explanation


def finished(score: Any, label: Any, explanation: Any) -> Parts:
    """Check the three parts."""
    if score is None and label is None:
        raise Unusable("it returned neither a score nor a label")
    if score is not None:
        score = checked_score(score)
    if label is not None and not isinstance(label, str):
        raise Unusable(f"the label is {kind_of(label)}, not a text")
    if label is not None and len(label) > MAX_LABEL:
        raise Unusable(f"the label has {len(label)} characters; {MAX_LABEL} are the most")
    if explanation is not None and not isinstance(explanation, str):
        raise Unusable(f"the explanation is {kind_of(explanation)}, not a text")
    # One more than the server keeps, so that it can tell that something was cut off.
    return score, label, None if explanation is None else explanation[: MAX_TEXT + 1]


def checked_score(score: Any) -> float:
    """Return a score as finite float."""
    if not is_number(score):
        raise Unusable(f"the score is {kind_of(score)}, not a number")
    try:
        number = float(score)
    except OverflowError:
        raise Unusable("the score is too large") from None
    if not isfinite(number):
        raise Unusable(f"the score is {number}; it must be a finite number")
    return number


def is_number(value: object) -> bool:
    """Tell whether something can be a score."""
    return hasattr(value, "__float__") and not isinstance(value, str)


def kind_of(value: object) -> str:
    """Name a value's type."""
    return "nothing (None)" if value is None else f"a value of type {type(value).__name__}"


def judge(
    function: Function, index: int, values: Any, row: Any, sources: Mapping[str, str]
) -> None:
    """Judge one row and report it."""
    try:
        parts = judgement(function(values, row))
    except Unusable as problem:
        send("error", index, f"evaluate gave no usable result: {problem}")
    except BaseException as error:
        send("error", index, describe(error, sources))
    else:
        send("result", index, *parts)


def read(name: str) -> Any:
    """Read one of the files that came along."""
    with open(f"/input/{name}", "rb") as file:  # noqa: PTH123
        return marshal.load(file)  # noqa: S302 - written by the server


def main() -> NoReturn:
    """Load the evaluator, then judge row by row."""
    config = read("evaluator")
    sources = {"imports": config["imports"], "code": config["code"]}
    try:
        function = load(config, sources)
    except Broken as problem:
        send("broken", str(problem))
    except BaseException as error:
        send("broken", describe(error, sources))
    else:
        send("loaded")
        for index, packed in enumerate(read("rows")):
            values, row = unpack(packed)
            judge(function, index, values, row, sources)
    # Threads that the user left behind don't hold this up.
    os._exit(0)


main()
