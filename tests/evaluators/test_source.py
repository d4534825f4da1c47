"""Custom code is looked at before it runs, and is not executed by that."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright_server.evaluators import ConfigError, check_code_config

pytestmark = pytest.mark.slow

STRING = {"type": "STRING", "name": "word", "default_value": "!"}


def check(code: str, **config: Any) -> list[ConfigError]:
    return check_code_config(
        {"type": "custom", "name": "quality", "variables": ["output"], "code": code, **config}
    )


@pytest.mark.parametrize(
    "code",
    [
        "def evaluate(output): return True",
        "def evaluate(output, threshold=3): return True",
        "def evaluate(**kwargs): return True",
        "def evaluate(output, dataset_row): return True",
        "if True:\n  def evaluate(output): ...\nelse:\n  def evaluate(output): ...",
        "try:\n  import x\nexcept ImportError:\n  def evaluate(output): ...",
        "@decorated\ndef evaluate(anything): ...",
        "evaluate = lambda output: True",
        "from os import fspath as evaluate",
        "from os import *",
        "class A(CodeEvaluator):\n  def evaluate(self, *, dataset_row, **kwargs): ...",
        "class A(Unknown): ...",
        "def evaluate(output):\n  return '\\d'",
        "raise SystemExit  # must not be executed\ndef evaluate(output): ...",
    ],
)
def test_code_that_can_work(code: str) -> None:
    assert check(code) == []


@pytest.mark.parametrize(
    ("code", "pointer", "message"),
    [
        ("", "/code", "defines neither a function `evaluate` nor a class with a method"),
        ("x = 1", "/code", "defines neither"),
        ("def evaluate(output):\n  return )", "/code", "line 2: unmatched ')'"),
        ("return 1", "/code", "line 1: 'return' outside function"),
        ("\x00", "/code", "null bytes"),
        ("(" * 500, "/code", "too many nested parentheses"),
        ("-" * 100_000 + "1", "/code", "is not Python source"),
        ("#" * 200_001, "/code", "is longer than 200000 characters"),
        ("x = '\ud800'", "/code", "is not Python source"),
        ("async def evaluate(output): ...", "/code", "line 1: evaluate must not be async"),
        ("def evaluate(output, other): ...", "/code", "needs `other`"),
        ("def evaluate(*, output, other): ...", "/code", "needs `other`"),
        ("def evaluate(): ...", "/variables", "does not take `output`"),
        ("class A:\n  def evaluate(self): ...", "/variables", "line 2: evaluate does not take"),
    ],
)
def test_code_that_can_not_work(code: str, pointer: str, message: str) -> None:
    (error,) = check(code)
    assert error.pointer == pointer
    assert message in error.message


def test_everything_wrong_is_told_at_once() -> None:
    errors = check("def evaluate(other): (", imports="import", name="a/b")
    assert [error.pointer for error in errors] == ["/name"]
    errors = check("def evaluate(other): (", imports="import")
    assert [error.pointer for error in errors] == ["/imports", "/code"]
    errors = check("def evaluate(other): ...", static_params=[STRING])
    assert [error.pointer for error in errors] == ["/code", "/variables", "/static_params"]


def test_parameters_may_go_to_the_constructor() -> None:
    code = "class A:\n  def __init__(self, word): ...\n  def evaluate(self, output): ..."
    assert check(code, static_params=[STRING]) == []
    assert [error.pointer for error in check(code, variables=["output", "word"])] == ["/variables"]


def test_a_name_is_a_variable_or_a_parameter() -> None:
    code = "def evaluate(word): ..."
    (error,) = check(code, variables=["word"], static_params=[STRING])
    assert "word: a variable and a static parameter of one name" in error.message


@pytest.mark.parametrize(
    ("type_", "value", "right"),
    [
        ("STRING", "a", True), ("REGEX", "a", True), ("STRING_ARRAY", ["a"], True),
        ("STRING", ["a"], False), ("REGEX", ["a"], False), ("STRING_ARRAY", "a", False),
        ("NUMBER", "a", False), ("STRING", 5, False),
    ],
)  # fmt: skip
def test_parameters_have_the_value_of_their_type(type_: str, value: object, right: bool) -> None:
    param = {"name": "word", "type": type_, "default_value": value}
    errors = check("def evaluate(output, word): ...", static_params=[param])
    assert (errors == []) is right
    assert all(error.pointer.startswith("/static_params/0") for error in errors)


@given(st.text())
def test_no_text_breaks_the_check(code: str) -> None:
    for error in check(code):
        assert error.message


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: st.lists(children) | st.dictionaries(
        st.sampled_from(["type", "name", "variables", "static_params", "code", "default_value"]),
        children,
    ),
))  # fmt: skip
def test_no_configuration_breaks_the_check(value: Any) -> None:
    for kind in ("managed", "custom", value):
        check_code_config({"type": kind, "name": value, "variables": value, "code": value,
                           "managed_evaluator": value, "static_params": [value]})  # fmt: skip
