"""What failed programs are said to have died of."""

import subprocess
import sys

import pytest

from evalwright_server.runs.job_errors import error_of_exit, error_of_traceback

CODE = {
    "def f(:\n": "syntax_error",
    " x = 1": "syntax_error",
    "import nothing_like_this": "import_error",
    "1 + 'a'": "type_error",
    "int('a')": "value_error",
    "{}['a']": "key_error",
    "[][0]": "index_error",
    "None.a": "attribute_error",
    "nothing": "name_error",
    "open('/nothing')": "file_not_found",
    "open('/')": "file_error",
    "raise PermissionError": "permission",
    "raise OSError(5, 'x')": "os_error",
    "def f(): f()\nf()": "recursion_error",
    "assert 0, 'a\\nb'": "assertion_error",
    "1 / 0": "division_error",
    "import math; math.exp(1e9)": "overflow_error",
    "b'\\xff'.decode()": "encoding_error",
    "import json; json.loads('{')": "json_error",
    "import socket; socket.create_connection(('127.0.0.1', 1))": "network_error",
    "raise TimeoutError": "network_timeout",
    "raise MemoryError": "runtime_error",
    "class Mine(Exception): pass\nraise Mine('x')": "runtime_error",
    "raise ExceptionGroup('several', [ValueError(1)])": "runtime_error",
    "try:\n  1 / 0\nexcept ZeroDivisionError as e:\n  raise KeyError(1) from e": "key_error",
}


@pytest.mark.parametrize(("code", "word"), CODE.items(), ids=CODE.values())
def test_the_word_follows_what_python_prints(code: str, word: str) -> None:
    """Tracebacks of the interpreter that runs jobs, not of one that somebody remembers."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    error = error_of_exit(1, None, done.stderr)
    assert (error.type, error.phase) == (word, "execution")
    assert error.message


@pytest.mark.parametrize(
    ("signal", "word"),
    [
        (11, "segfault"),
        (6, "abort"),
        (8, "arithmetic_error"),
        (7, "bus_error"),
        (13, "pipe_error"),
        (9, "killed"),
        (15, "killed"),
        (31, "permission"),
        (25, "file_error"),
        (10, "runtime_error"),
        (64, "runtime_error"),
        (99, "runtime_error"),
    ],
)
def test_a_signal_says_more_than_what_was_printed(signal: int, word: str) -> None:
    printed = "Traceback (most recent call last):\nValueError: x"
    error = error_of_exit(128 + signal, signal, printed)
    assert error.type == word
    assert str(signal) in error.message or "SIG" in error.message


def test_exit_codes_alone_are_no_signals() -> None:
    """A program may end with any code, and nobody is deceived by it."""
    for code in (124, 137, 139):
        error = error_of_exit(code, None, "")
        assert (error.type, error.message) == (
            "runtime_error",
            f"the program ended with exit code {code}",
        )


def test_a_message_of_several_lines_is_kept_whole() -> None:
    stderr = 'Traceback (most recent call last):\n  File "x", line 1, in f\nValueError: a\n  b\nc\n'
    error = error_of_traceback(stderr)
    assert error is not None
    assert error.message == "ValueError: a\n  b\nc"


@pytest.mark.parametrize(
    "stderr",
    [
        "",
        "MemoryError",
        "ValueError: printed, not raised",
        "Traceback (most recent call last):\n",
        "Traceback (most recent call last):\n" * 5000,
        '  File "a", line 1, in b\n' * 5000,
        "\x00" * 100_000,
        "a" * 1_000_000,
    ],
    ids=range(8),
)
def test_what_is_no_traceback_is_none(stderr: str) -> None:
    assert error_of_traceback(stderr) is None


def test_messages_are_short_enough_for_a_record() -> None:
    stderr = f"Traceback (most recent call last):\nValueError: {'x' * 9000}"
    error = error_of_traceback(stderr)
    assert error is not None
    assert len(error.message) == 4096
