"""The system call filter of a sandbox, as a classic BPF program.

A second wall behind the namespaces: it makes the kernel smaller for the job. bubblewrap loads it
just before the job's Python starts. The verdicts are "no such call" (ENOSYS) where libraries know
a way around, "not permitted" (EPERM) elsewhere, and death for calls of a foreign architecture,
whose numbers mean something else.
"""

import errno
import platform
import socket
import struct
from functools import cache
from typing import Final

from evalwright_server.sandbox.errors import SandboxUnavailable
from evalwright_server.sandbox.syscalls import ARGUMENT_CHECKED, LAST_REVIEWED, NUMBERS

AUDIT_ARCH: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT: Final = 0x40000000
"""Marks the second set of call numbers of x86_64."""

# Offsets in the kernel's struct seccomp_data; of arguments only the lower half is looked at.
NUMBER: Final = 0
ARCH: Final = 4
ARGUMENT_0: Final = 16
ARGUMENT_1: Final = 24

# Instructions of classic BPF: load a word, compare it with a constant, end with a verdict.
LOAD: Final = 0x20
EQUAL: Final = 0x15
AT_LEAST: Final = 0x35
GREATER: Final = 0x25
ANY_BIT: Final = 0x45
RETURN: Final = 0x06

ALLOW: Final = 0x7FFF0000
KILL: Final = 0x80000000
DENY: Final = 0x00050000 | errno.EPERM
NO_SUCH_CALL: Final = 0x00050000 | errno.ENOSYS

NEW_NAMESPACES: Final = 0x7E020000
"""All CLONE_NEW* flags that clone takes."""
SOCKET_FAMILIES: Final = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
TERMINAL_INJECTION: Final = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX put words into the mouth of whoever sits at the terminal."""


def instruction(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    """Encode one instruction; a comparison skips `then` or `otherwise` instructions."""
    return struct.pack("<HBBI", code, then, otherwise, value)


def verdict(test: int, value: int, result: int) -> bytes:
    """End with a result if the loaded word passes a test."""
    return instruction(test, value, 0, 1) + instruction(RETURN, result)


def checked(number: int, offset: int, tests: bytes) -> bytes:
    """Look at an argument of one call, then leave; other calls skip this."""
    body = instruction(LOAD, offset) + tests + instruction(RETURN, ALLOW)
    return instruction(EQUAL, number, 0, len(body) // 8) + body


def allow_only(values: tuple[int, ...]) -> bytes:
    """Deny unless the loaded word is one of some values."""
    allowed = b"".join(verdict(EQUAL, value, ALLOW) for value in values)
    return allowed + instruction(RETURN, DENY)


@cache
def filter_program(machine: str | None = None) -> bytes:
    """Assemble the filter.

    Args:
        machine: As `platform.machine()` names it; None is this one.

    Raises:
        SandboxUnavailable: There is no table of call numbers for the machine.
    """
    machine = machine or platform.machine()
    if machine not in NUMBERS:
        raise SandboxUnavailable(
            f"There is no system call filter for {machine} machines.",
            f"Run the worker on one of: {', '.join(NUMBERS)}.",
        )
    special = ARGUMENT_CHECKED[machine]
    return b"".join(
        [
            instruction(LOAD, ARCH),
            instruction(EQUAL, AUDIT_ARCH[machine], 1, 0) + instruction(RETURN, KILL),
            instruction(LOAD, NUMBER),
            verdict(AT_LEAST, X32_BIT, KILL),
            verdict(GREATER, LAST_REVIEWED, NO_SUCH_CALL),
            # The C library falls back to clone, whose flags can be looked at.
            verdict(EQUAL, special["clone3"], NO_SUCH_CALL),
            *(verdict(EQUAL, number, DENY) for number in NUMBERS[machine].values()),
            checked(special["clone"], ARGUMENT_0, verdict(ANY_BIT, NEW_NAMESPACES, DENY)),
            checked(special["socket"], ARGUMENT_0, allow_only(SOCKET_FAMILIES)),
            checked(
                special["ioctl"],
                ARGUMENT_1,
                b"".join(verdict(EQUAL, request, DENY) for request in TERMINAL_INJECTION),
            ),
            instruction(RETURN, ALLOW),
        ]
    )
