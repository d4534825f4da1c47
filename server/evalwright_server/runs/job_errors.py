"""What a failed program died of, in one word and one sentence.

Words only decorate: a job's status comes from what the supervisor measured, and nothing that a
program prints can change it. So a program may call itself what it likes here.
"""

import re
from collections.abc import Mapping
from signal import Signals
from typing import Final

from evalwright_server.runs.job_report import JobError, shorten

EXECUTION: Final = "execution"
"""The phase in which the code runs."""
STARTUP: Final = "startup"
"""The phase before that."""

_SIGNALS: Final[Mapping[int, tuple[str, str]]] = {
    Signals.SIGSEGV: ("segfault", "it accessed memory that isn't its own"),
    Signals.SIGABRT: ("abort", "it aborted itself"),
    Signals.SIGFPE: ("arithmetic_error", "its processor refused a calculation"),
    Signals.SIGBUS: ("bus_error", "it accessed memory in a way that can't be done"),
    Signals.SIGPIPE: ("pipe_error", "it wrote to a pipe that nobody reads"),
    Signals.SIGKILL: ("killed", "it was killed"),
    Signals.SIGTERM: ("killed", "it was asked to end"),
    Signals.SIGSYS: ("permission", "it made a system call that isn't allowed"),
    Signals.SIGXFSZ: ("file_error", "it wrote a file larger than its limit"),
}

_EXCEPTIONS: Final[Mapping[str, str]] = {
    "SyntaxError": "syntax_error",
    "IndentationError": "syntax_error",
    "TabError": "syntax_error",
    "ImportError": "import_error",
    "ModuleNotFoundError": "import_error",
    "TypeError": "type_error",
    "ValueError": "value_error",
    "KeyError": "key_error",
    "IndexError": "index_error",
    "AttributeError": "attribute_error",
    "NameError": "name_error",
    "UnboundLocalError": "name_error",
    "FileNotFoundError": "file_not_found",
    "FileExistsError": "file_error",
    "IsADirectoryError": "file_error",
    "NotADirectoryError": "file_error",
    "PermissionError": "permission",
    "OSError": "os_error",
    "BlockingIOError": "os_error",
    "ChildProcessError": "os_error",
    "ProcessLookupError": "os_error",
    "BrokenPipeError": "pipe_error",
    "RecursionError": "recursion_error",
    "AssertionError": "assertion_error",
    "ZeroDivisionError": "division_error",
    "FloatingPointError": "arithmetic_error",
    "ArithmeticError": "arithmetic_error",
    "OverflowError": "overflow_error",
    "UnicodeError": "encoding_error",
    "UnicodeDecodeError": "encoding_error",
    "UnicodeEncodeError": "encoding_error",
    "UnicodeTranslateError": "encoding_error",
    "json.decoder.JSONDecodeError": "json_error",
    "ConnectionError": "network_error",
    "ConnectionRefusedError": "network_error",
    "ConnectionResetError": "network_error",
    "ConnectionAbortedError": "network_error",
    "socket.gaierror": "network_error",
    "urllib.error.URLError": "network_error",
    "TimeoutError": "network_timeout",
    "MemoryError": "runtime_error",
    "KeyboardInterrupt": "runtime_error",
}
"""By the name that Python prints. A MemoryError that a program died of by itself is no `oom`: that
word is for limits that were passed.
"""

_LAST_LINE: Final = re.compile(r"([A-Za-z_][\w.]*)(?::[ ](.*))?")
_TRACEBACK: Final = re.compile(
    r"^(?:Traceback \(most recent call last\):| +File \".*\", line )", re.MULTILINE
)
_TAIL_CHARACTERS: Final = 16_384


def error_of_exit(exit_code: int | None, signal: int | None, stderr: str) -> JobError:
    """Say what a program died of that ended by itself, and not with 0.

    Args:
        exit_code: 128 + N after signal N; None if nobody knows.
        signal: What ended it, as the supervisor saw.
        stderr: What it printed; only the end is looked at.
    """
    if signal is not None:
        return _error_of_signal(signal)
    return error_of_traceback(stderr) or JobError(
        "runtime_error", f"the program ended with exit code {exit_code}", EXECUTION
    )


def _error_of_signal(number: int) -> JobError:
    word, sentence = _SIGNALS.get(number, ("runtime_error", "a signal ended it"))
    known = number in {each.value for each in Signals}
    name = Signals(number).name if known else f"signal {number}"
    return JobError(word, f"{sentence} ({name})", EXECUTION)


def error_of_traceback(stderr: str) -> JobError | None:
    """Return what the traceback at the end of an output tells, if there is one."""
    tail = stderr[-_TAIL_CHARACTERS:].rstrip()
    starts = [found.start() for found in _TRACEBACK.finditer(tail)]
    if not starts:
        return None
    # The exception's line is the first one behind the frames that isn't indented; its message may
    # go on over further lines.
    lines = tail[starts[-1] :].split("\n")
    for index, line in enumerate(lines):
        found = None if line.startswith((" ", "Traceback ")) else _LAST_LINE.fullmatch(line)
        if found is not None:
            message = shorten("\n".join(lines[index:]))
            return JobError(_word(found[1]), message, EXECUTION)
    return None


def _word(exception: str) -> str:
    """Return the word for an exception, `runtime_error` for one that only the program knows."""
    return _EXCEPTIONS.get(exception, "runtime_error")
