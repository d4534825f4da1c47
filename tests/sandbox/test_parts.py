"""The parts of the sandbox that need no sandbox."""

import os
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright_server.sandbox.errors import SandboxUnavailable
from evalwright_server.sandbox.exposure import Exposure, expose
from evalwright_server.sandbox.interpreter import find_interpreter, outermost
from evalwright_server.sandbox.job import SandboxLimits, SandboxStatus
from evalwright_server.sandbox.limits import explain_exit
from evalwright_server.sandbox.pipes import HeadReader, LineReader
from evalwright_server.sandbox.seccomp import (
    ALLOW,
    AUDIT_ARCH,
    DENY,
    KILL,
    NO_SUCH_CALL,
    filter_program,
)
from evalwright_server.sandbox.slot import AgentReport
from evalwright_server.sandbox.syscalls import ARGUMENT_CHECKED, LAST_REVIEWED, NUMBERS

MACHINES = pytest.mark.parametrize("machine", ["x86_64", "aarch64"])


def decide(program: bytes, arch: int, number: int, *arguments: int) -> int:
    """Run a filter as the kernel would."""
    padded = [*arguments, *[0] * 6][:6]
    data = struct.pack("<IIQ6Q", number, arch, 0, *padded)
    code = list(struct.iter_unpack("<HBBI", program))
    word, place = 0, 0
    while True:
        operation, then, otherwise, value = code[place]
        if operation == 0x06:
            return int(value)
        if operation == 0x20:
            (word,) = struct.unpack_from("<I", data, value)
        else:
            passed = {0x15: word == value, 0x35: word >= value, 0x25: word > value,
                      0x45: bool(word & value)}[operation]  # fmt: skip
            place += then if passed else otherwise
        place += 1


@MACHINES
def test_every_call_has_the_verdict_of_its_table(machine: str) -> None:
    program = filter_program(machine)
    denied = set(NUMBERS[machine].values())
    special = set(ARGUMENT_CHECKED[machine].values())
    for number in set(range(LAST_REVIEWED + 20)) - special:
        verdict = decide(program, AUDIT_ARCH[machine], number)
        if number > LAST_REVIEWED:
            assert verdict == NO_SUCH_CALL
        else:
            assert verdict == (DENY if number in denied else ALLOW), number


@MACHINES
def test_arguments_decide_where_they_matter(machine: str) -> None:
    program, arch = filter_program(machine), AUDIT_ARCH[machine]
    number = ARGUMENT_CHECKED[machine]
    threads = 0x003D0F00  # what the C library starts a thread with
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert decide(program, arch, number["clone"], flag | threads) == DENY
    assert decide(program, arch, number["clone"], threads) == ALLOW
    assert decide(program, arch, number["clone3"]) == NO_SUCH_CALL
    families = [family for family in range(50)
                if decide(program, arch, number["socket"], family) == ALLOW]  # fmt: skip
    assert families == [1, 2, 10]
    assert decide(program, arch, number["ioctl"], 0, 0x5412) == DENY
    assert decide(program, arch, number["ioctl"], 0, 0x5401) == ALLOW


@MACHINES
def test_foreign_calls_are_deadly(machine: str) -> None:
    """Numbers of another architecture mean other calls."""
    program = filter_program(machine)
    assert decide(program, 0x40000003, 1) == KILL
    assert decide(program, AUDIT_ARCH[machine], 0x40000000 | 101) == KILL


def test_a_machine_without_table_is_refused() -> None:
    with pytest.raises(SandboxUnavailable, match="riscv64"):
        filter_program("riscv64")


def test_the_tables_name_the_same_calls() -> None:
    only_x86 = {"modify_ldt", "ioperm", "iopl"}
    assert set(NUMBERS["x86_64"]) - only_x86 == set(NUMBERS["aarch64"])


def test_outermost_keeps_what_is_not_inside() -> None:
    paths = [Path(name) for name in ("/a/b", "/a", "/c/d", "/a/b/c", "/c/d")]
    assert outermost(paths) == (Path("/a"), Path("/c/d"))


def test_what_is_open_to_all_needs_no_exposure() -> None:
    assert expose([Path("/usr/lib")], [Path("/bin/sh").resolve()]) == Exposure()


def test_what_lies_below_a_closed_directory_is_exposed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    library = home / "python" / "lib"
    library.mkdir(parents=True)
    program = home / "bin"
    program.write_bytes(b"")
    for path in (home, home / "python", library):
        path.chmod(0o755)
    tmp_path.chmod(0o700)
    program.chmod(0o700)
    exposure = expose([library], [program])
    assert exposure.bound == (library,)
    assert exposure.copied == (program,)
    assert all(tmp_path.is_relative_to(cover) for cover in exposure.covered)
    assert len(exposure.covered) == 1


def test_a_python_closed_to_others_is_refused_with_the_cure(tmp_path: Path) -> None:
    """It is far too large to copy."""
    tmp_path.chmod(0o700)
    with pytest.raises(SandboxUnavailable, match="chmod -R o\\+rX"):
        expose([tmp_path], [])


def test_the_interpreter_is_a_real_file_with_its_library() -> None:
    interpreter = find_interpreter()
    assert interpreter.executable.is_file()
    assert not interpreter.executable.is_symlink()
    library = Path(os.__file__).resolve()
    assert any(library.is_relative_to(path) for path in interpreter.readable)


@given(
    lines=st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b""))),
    cuts=st.lists(st.integers(0, 200)),
)
async def test_lines_do_not_depend_on_how_they_arrive(lines: list[bytes], cuts: list[int]) -> None:
    received: list[bytes] = []
    reader = LineReader(20, received.append, lambda: received.append(b"overflow"))
    stream = b"".join(line + b"\n" for line in lines)
    places = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    for begin, end in pairwise(places):
        reader.data_received(stream[begin:end])
    assert received == lines


async def test_nothing_is_handed_over_after_a_line_that_is_too_long() -> None:
    received: list[bytes] = []
    reader = LineReader(3, received.append, lambda: received.append(b"overflow"))
    for chunk in (b"abc\nab", b"cd", b"\nabc\n"):
        reader.data_received(chunk)
    assert received == [b"abc", b"overflow"]


@given(st.lists(st.binary(max_size=20)), st.integers(0, 50))
async def test_the_head_is_kept(chunks: list[bytes], limit: int) -> None:
    reader = HeadReader(limit)
    received: list[bytes] = []
    reader.on_data = received.append
    for chunk in chunks:
        reader.data_received(chunk)
    reader.close()
    whole = b"".join(chunks)
    assert b"".join(received) == whole[:limit]
    assert reader.dropped == (len(whole) > limit)
    assert whole[:limit].decode("utf-8", "replace").startswith(reader.text)


@given(st.text(max_size=40), st.integers(0, 40))
async def test_a_text_is_cut_between_characters(text: str, limit: int) -> None:
    reader = HeadReader(limit)
    reader.data_received(text.encode())
    reader.close()
    assert text.startswith(reader.text)
    assert len(reader.text.encode()) > limit - 4 or reader.text == text


def report(**values: Any) -> AgentReport:
    figures = {"exit_code": 0, "signal": None, "cpu_seconds": 0.1, "largest_bytes": 2**20,
               "read_bytes": 0, "written_bytes": 0}  # fmt: skip
    return AgentReport(**{**figures, **values})


LIMITS = SandboxLimits(memory_bytes=2**28, cpu_seconds=2.0)


@pytest.mark.parametrize(
    ("told", "cpu_seconds", "oom_killed", "status"),
    [
        (None, 0.0, False, SandboxStatus.KILLED),
        (None, 0.0, True, SandboxStatus.OOM),
        (report(), 0.1, None, SandboxStatus.EXITED),
        (report(), 0.1, True, SandboxStatus.OOM),
        (report(exit_code=1), 0.1, False, SandboxStatus.EXITED),
        (report(exit_code=124), 0.1, False, SandboxStatus.EXITED),
        (report(exit_code=137), 0.1, None, SandboxStatus.EXITED),
        (report(exit_code=None, signal=9), 0.1, None, SandboxStatus.EXITED),
        (report(exit_code=None, signal=24), 0.1, None, SandboxStatus.EXITED),
        (report(exit_code=None, signal=24), 2.1, None, SandboxStatus.TIMEOUT),
        (report(exit_code=0), 2.1, False, SandboxStatus.TIMEOUT),
        (report(largest_bytes=2**29), 0.1, None, SandboxStatus.OOM),
        (report(largest_bytes=2**29), 0.1, False, SandboxStatus.EXITED),
    ],
)
def test_only_what_was_measured_explains_an_end(
    told: AgentReport | None, cpu_seconds: float, oom_killed: bool | None, status: SandboxStatus
) -> None:
    """A job can return 124 or 137, and send itself SIGKILL or SIGXCPU, as it likes."""
    found, _ = explain_exit(told, LIMITS, cpu_seconds=cpu_seconds, oom_killed=oom_killed)
    assert found is status


def test_the_agents_report_is_read() -> None:
    assert AgentReport.read(b"3 -1 0.250000 4096 10 20") == AgentReport(3, None, 0.25, 4096, 10, 20)
    assert AgentReport.read(b"-1 9 1.5 4096 0 0") == AgentReport(None, 9, 1.5, 4096, 0, 0)
