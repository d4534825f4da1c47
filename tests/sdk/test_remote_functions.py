"""Functions as programs: what is sent really runs, here in an interpreter without our code."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from evalwright._remote import harness
from evalwright._remote.program import Program
from evalwright.errors import InvalidRequest, UnexpectedResult
from sdk import remote_samples as samples
from sdk.remote_samples import Kind, Line, Point

Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a function as a sandbox does, with folders of its own."""
    for folder in ("input", "output"):
        (tmp_path / folder).mkdir()

    def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        program = Program(function)
        (tmp_path / "input/data.json").write_text(json.dumps(program.input_of(args, kwargs)))
        head, _, last = program.code.rpartition("_ew_run(")
        code = f"{head}_ew_run({last.strip()[:-1]}, {str(tmp_path)!r})"
        subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True)
        output = (tmp_path / "output/result.json").read_text()
        harness._ew_run(function, str(tmp_path))
        assert (tmp_path / "output/result.json").read_text() == output, "as it runs here"
        return program.result_in("job", json.loads(output))

    return call


def test_dataclasses_go_there_and_come_back(run: Run) -> None:
    points = [Point(3, 4, Kind.SQUARE, date(2026, 1, 2), ("a", "b")), Point(0, 0)]
    at = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    line = run(samples.fit, points, times=2, at=at)
    assert line == Line(25.0, points, at)
    assert isinstance(line.points[0], Point)
    assert line.points[0].kind is Kind.SQUARE


def test_containers_of_what_json_has_not(run: Run) -> None:
    rest = {"a": Kind.ROUND, "b": 7}
    found = run(samples.shapes, Kind.SQUARE, rest, (1, date(2026, 5, 6)))
    assert found == {"<Kind.SQUARE: 'square'>", "<Kind.ROUND: 'round'>", "7"}


def test_unions_find_the_type_that_fits(run: Run) -> None:
    assert run(samples.which, [7, Kind.ROUND, Point(1, 2), Line(3), None]) == [
        "int",
        "Kind",
        "Point",
        "Line",
        "NoneType",
    ]


def test_plain_values(run: Run) -> None:
    assert run(samples.add, [1], [2]) == [1, 2]
    assert run(samples.add, "é", b="\n") == "é\n"
    assert run(samples.total, 1, 2, 3, more=4) == 10


def test_functions_that_need_each_other(run: Run) -> None:
    assert run(samples.even, 10) is True


def test_decorators_come_along(run: Run) -> None:
    assert run(samples.cached, 1) == 2


def test_errors_name_the_function(run: Run) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run(samples.fails)
    assert "ValueError: not today" in caught.value.stderr.decode()


def test_a_result_that_can_t_come_back(run: Run) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run(samples.returns_lock)
    assert "object can't be returned; return JSON or a dataclass" in caught.value.stderr.decode()


def test_a_result_of_another_type(run: Run) -> None:
    with pytest.raises(UnexpectedResult, match="integer") as caught:
        run(samples.lies)
    assert caught.value.result == "many"
    with pytest.raises(UnexpectedResult, match="no result"):
        Program(samples.even).result_in("job", None)


def test_what_is_sent_is_readable() -> None:
    code = Program(samples.fit).code
    lines = code.splitlines()
    assert lines[0] == "from __future__ import annotations"
    assert "import math" in lines
    assert "SCALE = 2.5" in lines
    assert "def make_id" in code, "functions of other modules of this program come along"
    assert "import base64" in lines, "with what they import"
    assert "class Kind(Enum):" in lines
    assert code.index("class Point") < code.index("class Line") < code.index("def fit")


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (samples.make_closure(), "closure over secret"),
        (lambda: 1, "lambda"),
        (partial(samples.even, 1), "partial"),
        (samples.Tools().method, "method"),
        (samples.Tools.static, "part of the class Tools"),
        (samples.Tools, "no function"),
        (len, "no function"),
        (samples.waits, "async"),
        (samples.counts, "return a list"),
        (samples.with_lock, "LOCK: can't be sent"),
        (samples.with_module, "samples: is a module of this program"),
        (samples.undefined, "nowhere: is used by undefined and not defined"),
        (samples.counted, "annotation"),
        (samples.two_of_a_name, "twin: means two things"),
        (samples.nested, "part of Tools.Inner"),
        ("fit", "no function"),
    ],
)
def test_what_can_t_be_sent(function: Any, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        Program(function)


def test_names_may_be_others_here() -> None:
    """What is imported under another name, or is another name of something of this program."""
    code = Program(samples.renamed).code
    assert "import math as mathematics" in code
    assert "alias = even" in code


def test_what_was_typed_has_no_source() -> None:
    names: dict[str, Any] = {}
    exec("def typed():\n    return 1\n", names)
    with pytest.raises(InvalidRequest, match="source"):
        Program(names["typed"])


def test_arguments_are_checked_before_anything_is_sent() -> None:
    program = Program(samples.fit)
    with pytest.raises(TypeError, match="points"):
        program.input_of((), {})
    with pytest.raises(InvalidRequest) as caught:
        program.input_of((object(),), {"times": {1, float("nan")}})
    assert [error.path for error in caught.value.errors] == ["argument 1", "times"]


def test_dataclasses_of_notebooks_are_written_down_again(run: Run, tmp_path: Path) -> None:
    """Python finds no source of classes whose module is no file, but of their functions."""
    path = tmp_path / "cell"
    text = """
import dataclasses, enum, typing
@dataclasses.dataclass
class Inner:
    n: int = 3
@dataclasses.dataclass
class Outer:
    inner: Inner
    more: typing.Optional[list[Inner]] = None
    words: list[str] = dataclasses.field(default_factory=list)
class Odd:
    pass
def double(outer: Outer) -> Outer:
    return Outer(Inner(outer.inner.n * 2), [outer.inner], ["done"])
def odd() -> int:
    Odd()
    return 1
"""
    path.write_text(text)
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, str(path), "exec"), names)
    result = run(names["double"], names["Outer"](names["Inner"](4)))
    assert result == names["Outer"](names["Inner"](8), [names["Inner"](4)], ["done"])
    with pytest.raises(InvalidRequest, match="Odd: has no source"):
        Program(names["odd"])
