"""Types of the values in a file of job types; pydantic checks them."""

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, Strict, StringConstraints

from evalwright_server.egress import NetworkPolicy
from evalwright_server.environments.requirements import canonical_requirements

UNITS: Final = {"k": 1024, "m": 1024**2, "g": 1024**3}
_SIZE: Final = re.compile(r"(\d{1,15})([kmg]?)b?", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f`$\\]")
MAX_VARIABLE: Final = 32 * 1024


def read_size(value: object) -> int:
    """Read a size such as "512m", or a number of bytes.

    Raises:
        ValueError: It is neither.
    """
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        return int(match[1]) * UNITS.get(match[2].lower(), 1)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(f'{value!r} is no size; expected digits and k, m or g, such as "512m"')


def _check_variables(variables: Mapping[str, str]) -> Mapping[str, str]:
    problems = [
        f"{name!r} is no name of a variable; expected letters, digits and _"
        for name in variables
        if not _VARIABLE.fullmatch(name)
    ]
    for name, value in variables.items():
        if found := _FORBIDDEN.search(value):
            problems.append(
                f"the value of {name!r} has {found[0]!r}; expected text without control characters,"
                " backticks, $ and backslashes"
            )
        if len(value.encode(errors="replace")) > MAX_VARIABLE:
            problems.append(f"the value of {name!r} is longer than {MAX_VARIABLE} bytes")
    if problems:
        raise ValueError("; ".join(problems))
    return variables


def _check_network(entries: tuple[str, ...]) -> tuple[str, ...]:
    return NetworkPolicy(entries).allow


Bytes = Annotated[int, BeforeValidator(read_size), Field(ge=1, le=2**50)]
Memory = Annotated[int, BeforeValidator(read_size), Field(ge=16 * 1024**2, le=2**50)]
Count = Annotated[int, Strict(), Field(ge=1, le=10_000_000)]
CountOrNone = Annotated[int, Strict(), Field(ge=0, le=10_000)]
Descriptors = Annotated[int, Strict(), Field(ge=16, le=1_048_576)]
Seconds = Annotated[int, Strict(), Field(ge=1, le=86_400)]
StartSeconds = Annotated[int, Strict(), Field(ge=10, le=600)]
CpuSeconds = Annotated[float, Strict(), Field(gt=0, le=86_400, allow_inf_nan=False)]
Processors = Annotated[float, Strict(), Field(gt=0, le=1024, allow_inf_nan=False)]
Flag = Annotated[bool, Strict()]
Requirements = Annotated[tuple[str, ...], AfterValidator(canonical_requirements)]
Entries = Annotated[tuple[str, ...], AfterValidator(_check_network)]
Module = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]
Variables = Annotated[Mapping[str, str], AfterValidator(_check_variables)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
