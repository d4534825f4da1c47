"""What a custom evaluator may return, and what it gets."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from evalwright_server.evaluators import (
    EvaluationError,
    EvaluationResult,
    Outcome,
    build_evaluator,
)
from evalwright_server.sandbox import Sandbox

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

Judge = Callable[..., Awaitable[list[Outcome]]]
STRING = {"type": "STRING", "name": "word", "default_value": "!"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None)),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=8,
)  # fmt: skip


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ("True", (1.0, "True", None)),
        ("False", (0.0, "False", None)),
        ("0.25", (0.25, None, None)),
        ("7", (7.0, None, None)),
        ("-10 ** 300", (-1e300, None, None)),
        ("'good'", (None, "good", None)),
        ("(1.0, 'because')", (1.0, None, "because")),
        ("('good', 1.0)", (1.0, "good", None)),
        ("('good', 'because')", (None, "good", "because")),
        ("('True', 1.0, 'because')", (1.0, "True", "because")),
        ("(1.0, 'good', 'because')", (1.0, "good", "because")),
        ("(True, 'good', None)", (1.0, "good", None)),
        ("(None, 'good', 'because')", (None, "good", "because")),
        ("[0.5]", (0.5, None, None)),
        ("{'score': 1, 'label': 'good', 'explanation': 'because'}", (1.0, "good", "because")),
        ("{'label': 'good', 'metadata': {}}", (None, "good", None)),
        ("EvaluationResult(score=1, label='good', explanation='x')", (1.0, "good", "x")),
        ("EvaluationResult(0.5, 'fair', 'x', {})", (0.5, "fair", "x")),
        ("__import__('decimal').Decimal('0.5')", (0.5, None, None)),
        ("__import__('types').SimpleNamespace(score=1, label='a')", (1.0, "a", None)),
        ("'nul\\x00'", (None, "nul\ufffd", None)),
        ("'lone \\ud800'", (None, "lone ?", None)),
    ],
)
async def test_results_of_every_shape(
    judge: Judge, returned: str, expected: tuple[object, ...]
) -> None:
    outcomes = await judge(f"def evaluate(output): return {returned}", [{"output": 1}])
    assert outcomes == [EvaluationResult(*expected)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("returned", "problem"),
    [
        ("None", "nothing (None)"),
        ("object()", "a value of type object"),
        ("float('nan')", "the score is nan"),
        ("float('inf')", "the score is inf"),
        ("10 ** 400", "the score is too large"),
        ("{'score': '1'}", "the score is a value of type str"),
        ("{'label': 5}", "the label is a value of type int"),
        ("{'score': 1, 'explanation': 5}", "the explanation is a value of type int"),
        ("{'scores': 1}", "unknown keys: scores"),
        ("{}", "neither a score nor a label"),
        ("EvaluationResult()", "neither a score nor a label"),
        ("()", "a tuple of nothing"),
        ("(1, 2)", "a tuple of a value of type int, a value of type int"),
        ("('a', 'b', 'c')", "a tuple of"),
        ("(1, 'a', 'b', 'c')", "a tuple of"),
        ("'x' * 1001", "the label has 1001 characters"),
    ],
)
async def test_results_that_are_none(judge: Judge, returned: str, problem: str) -> None:
    (outcome,) = await judge(f"def evaluate(output): return {returned}", [{"output": 1}])
    assert isinstance(outcome, EvaluationError)
    assert problem in outcome.message


async def test_a_long_explanation_is_cut(judge: Judge) -> None:
    (outcome,) = await judge("def evaluate(output): return 1, 'x' * 100_000", [{"output": 1}])
    assert isinstance(outcome, EvaluationResult)
    assert outcome.explanation == "x" * 20_000 + " … (cut)"


async def test_an_exception_costs_its_row_and_names_the_line(judge: Judge) -> None:
    code = """
        def half(number):
            return 1 / number

        def evaluate(output):
            return half(output)
    """
    outcomes = await judge(code, [{"output": 0}, {"output": 2}])
    assert outcomes == [
        EvaluationError("ZeroDivisionError: division by zero (line 3 of code: return 1 / number)"),
        EvaluationResult(0.5, None, None),
    ]


@pytest.mark.parametrize("statement", ["sys.exit(3)", "raise KeyboardInterrupt", "raise Odd"])
async def test_no_exception_ends_the_batch(judge: Judge, statement: str) -> None:
    code = f"""
        import sys
        class Odd(BaseException):
            def __str__(self): raise ValueError
        def evaluate(output):
            if output: {statement}
            return True
    """
    failed, judged = await judge(code, [{"output": 1}, {"output": 0}])
    assert isinstance(failed, EvaluationError)
    assert f"(line 6 of code: if output: {statement})" in failed.message
    assert isinstance(judged, EvaluationResult)


async def test_variables_and_parameters_come_by_keyword(judge: Judge) -> None:
    code = "def evaluate(*, output, expected, word): return f'{output}{expected}{word}'"
    outcomes = await judge(
        code, [{"output": 1, "expected": [2]}],
        variables=["output", "expected"], static_params=[STRING],
    )  # fmt: skip
    assert outcomes == [EvaluationResult(None, "1[2]!", None)]


async def test_imports_come_before_the_code(judge: Judge) -> None:
    outcomes = await judge(
        "from __future__ import annotations\ndef evaluate(output): return sqrt(output)",
        [{"output": 4}],
        imports="import json\nfrom math import sqrt",
    )
    assert outcomes == [EvaluationResult(2.0, None, None)]


@pytest.mark.parametrize(
    "source",
    [
        "arize.experiments",
        "arize.experimental.datasets.experiments.types",
        "arize.experimental.datasets.experiments.evaluators.base",
    ],
)
async def test_a_class_written_for_arize_runs(judge: Judge, source: str) -> None:
    code = f"""
        from typing import Any
        from {source} import CodeEvaluator, EvaluationResult

        class Same(CodeEvaluator):
            def __init__(self, word):
                self.word = word

            def evaluate(self, *, dataset_row: dict[str, Any], **kwargs: Any) -> EvaluationResult:
                same = dataset_row["output"] == dataset_row["attributes.output.value"]
                return EvaluationResult(score=same, label=self.word, explanation=str(kwargs))
    """
    rows = [{"output": "a", "attributes.output.value": "a"}]
    outcomes = await judge(code, rows, static_params=[STRING])
    assert outcomes == [EvaluationResult(1.0, "!", "{'output': 'a'}")]


async def test_the_most_derived_class_is_taken(judge: Judge) -> None:
    code = """
        class Base(CodeEvaluator):
            def evaluate(self, output): return self.word
        class Derived(Base):
            word = "derived"
    """
    assert await judge(code, [{"output": 1}]) == [EvaluationResult(None, "derived", None)]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("raise ValueError('no key')\ndef evaluate(output): ...",
         "ValueError: no key (line 1 of code: raise ValueError('no key'))"),
        ("import numpy\ndef evaluate(output): ...",
         "ModuleNotFoundError: No module named 'numpy' (line 1 of code: import numpy)"),
        ("class A:\n  def evaluate(self, output): ...\nclass B:\n  def evaluate(self, output): ...",
         "the code defines several classes with `evaluate` (A, B); leave one"),
        ("class A(CodeEvaluator): ...",
         "the code defines neither a function `evaluate` nor a class that has one"),
        ("class A:\n  def __init__(self, word, other): ...\n  def evaluate(self, output): ...",
         "missing"),
        ("import sys; sys.exit()\ndef evaluate(output): ...", "SystemExit"),
    ],
)  # fmt: skip
async def test_an_evaluator_that_does_not_load_fails_every_row_alike(
    judge: Judge, code: str, problem: str
) -> None:
    outcomes = await judge(code, [{"output": 1}] * 3)
    assert len(set(outcomes)) == 1
    assert isinstance(outcomes[0], EvaluationError)
    assert outcomes[0].message.startswith("The evaluator can't be used: ")
    assert problem in outcomes[0].message


async def test_missing_columns_never_reach_the_code(judge: Judge) -> None:
    missing, judged = await judge("def evaluate(output): return True", [{}, {"output": 1}])
    assert isinstance(missing, EvaluationError)
    assert "no column 'output'" in missing.message
    assert isinstance(judged, EvaluationResult)


async def test_no_rows_need_no_sandbox(judge: Judge) -> None:
    assert await judge("def evaluate(output): return True", []) == []


async def test_state_lasts_for_a_batch_and_no_longer(judge: Judge) -> None:
    """One process judges all rows of a call; the next call gets another."""
    code = "seen = []\ndef evaluate(output):\n    seen.append(output)\n    return len(seen)"
    for _ in range(2):
        outcomes = await judge(code, [{"output": 1}] * 3)
        assert [outcome.score for outcome in outcomes
                if isinstance(outcome, EvaluationResult)] == [1.0, 2.0, 3.0]  # fmt: skip


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(JSON, min_size=1, max_size=20))
async def test_any_json_arrives_and_returns_unchanged(sandbox: Sandbox, rows: list[Any]) -> None:
    stored: dict[str, JsonValue] = {
        "type": "custom", "name": "echo", "variables": ["value"],
        "code": "import json\ndef evaluate(value): return 1, json.dumps(value)",
    }  # fmt: skip
    evaluator = build_evaluator(stored, column_mappings=None, sandbox=sandbox)
    outcomes = await evaluator.evaluate([{"value": value} for value in rows])
    for value, outcome in zip(rows, outcomes, strict=True):
        assert isinstance(outcome, EvaluationResult)
        returned = json.loads(outcome.explanation or "")
        assert returned == value
        assert json.dumps(returned) == json.dumps(value)  # tells 1, 1.0 and True apart
