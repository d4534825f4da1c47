"""The generations of the Arize client, and which of them a request comes from."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from evalwright_server.web.dialects import members, spellings
from evalwright_server.web.dialects.members import Members
from evalwright_server.web.dialects.spellings import Spellings

PACKAGE: Final = "arize"
"""What these clients send as `sdk-package-name`."""

_VERSION: Final = re.compile(r"([0-9]{1,6})\.([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one generation of clients reads and writes.

    Attributes:
        name: For people.
        since: The first release of the generation, major and minor.
        words: How enumerations are spelt; none for the native spelling.
        members: What its readers accept; None if they ignore what they don't know.
        constants: By component, members its readers ask for that have one value here.
        renamed: By component, native member names and those it uses.
        null_is_absent: By component, members that it sends as null although nothing was passed,
            and the member beside which that has to be assumed.
        nan_is_null: Whether it writes NaN, which no JSON has, for numbers that are missing.
        plain_problems: Whether problems have the five members of the standard and no more.
        statuses: What problems of a status are sent as instead.
    """

    name: str
    since: tuple[int, int] = (0, 0)
    words: Spellings = field(default_factory=dict)
    members: Members | None = None
    constants: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    null_is_absent: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    nan_is_null: bool = True
    plain_problems: bool = True
    statuses: Mapping[int, int] = field(default_factory=dict)


NATIVE: Final = Dialect("native", nan_is_null=False, plain_problems=False)
"""What the document says: our own clients, and everybody who names no other."""
UNVERSIONED: Final = Dialect("native form for an Arize client")
"""An Arize client that does not say which."""

# Until 8.43 `evaluators.update(name=...)` sends `"description": null` as well, so renaming an
# evaluator would clear its description. Nobody clears one while renaming: alone, null clears it.
_NULL_DESCRIPTION: Final = {"UpdateEvaluatorRequest": {"description": "name"}}
# Since 8.44 experiments may belong to a space without dataset; until 8.58 the one they don't belong
# to is null.
_NULL_SPACE: Final = {"CreateExperimentRequest": {"space_id": "dataset_id"}}
_FUNCTION_CALLING: Final = {
    "TemplateConfig": {"use_function_calling_if_available": "use_function_calling"},
    "TemplateConfigInput": {"use_function_calling_if_available": "use_function_calling"},
}
_OLDEST: Final = Dialect(
    "8.0: lower case",
    words=spellings.WITHOUT_EXPERIMENTS,
    members=members.WITHOUT_EXPERIMENTS,
    null_is_absent=_NULL_DESCRIPTION,
    # Readers look into problems of the statuses they know only.
    statuses={422: 400},
)
_RELEASES: Final[tuple[tuple[tuple[int, int], str, dict[str, Any]], ...]] = (
    (
        (8, 23),
        "run_experiment tasks",
        {"words": spellings.LOWER, "members": members.MEMBERS},
    ),
    ((8, 28), "status 422", {"statuses": {}}),
    (
        (8, 40),
        "upper case",
        {"words": spellings.UPPER, "members": members.WITH_DELETED_SPANS},
    ),
    ((8, 43), "private spaces", {"constants": {"Space": {"is_private": False}}}),
    (
        (8, 44),
        "spaces of experiments, and null means null",
        {"members": members.WITH_SPACES_OF_EXPERIMENTS, "null_is_absent": _NULL_SPACE},
    ),
    ((8, 48), "unknown members are ignored", {"members": None}),
    ((8, 49), "use_function_calling", {"renamed": _FUNCTION_CALLING}),
)
"""Release, what came with it, and what that changes in the dialect."""


def _accumulate() -> Iterator[Dialect]:
    dialect = _OLDEST
    yield dialect
    for since, news, changes in _RELEASES:
        name = f"{since[0]}.{since[1]}: {news}"
        dialect = replace(dialect, name=name, since=since, **changes)
        yield dialect


GENERATIONS: Final = tuple(_accumulate())
"""In the order of their releases; each is what the one before was, but for what came with it."""


def dialect_of(headers: Mapping[str, str]) -> Dialect:
    """Return what the sender of a request speaks.

    Args:
        headers: The request's headers; names compare without case.
    """
    if headers.get("sdk-package-name") != PACKAGE:
        return NATIVE
    found = _VERSION.match(headers.get("sdk-version", ""))
    if found is None:
        return UNVERSIONED
    version = (int(found[1]), int(found[2]))
    return next(each for each in reversed(GENERATIONS) if version >= each.since)
