"""Requirements: what of pip's language is accepted, and one spelling for all that mean the same."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

MAX_REQUIREMENTS: Final = 50
MAX_LENGTH: Final = 256
EXPECTED: Final = 'expected a name and version clauses, such as "pandas>=2,<4"'


@dataclass(frozen=True, slots=True)
class RequirementProblem:
    """What is wrong with one requirement.

    Attributes:
        index: Its place in the list; None when the list itself is wrong.
        message: What was wrong and what was expected.
    """

    index: int | None
    message: str


class RequirementsRefused(ValueError):
    """Some requirements are not of the accepted form.

    Attributes:
        problems: All of them.
    """

    def __init__(self, problems: Sequence[RequirementProblem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


def canonical_requirements(texts: Sequence[str]) -> tuple[str, ...]:
    """Bring requirements into the one form that all spellings of the same share.

    Accepted are names, extras and version clauses. Everything else of pip's language (URLs, paths,
    `name @ URL`, markers, options) either reaches past the package index or depends on the host.

    Args:
        texts: Such as `["NumPy >= 2", "pandas"]`.

    Returns:
        Sorted, without duplicates: `("numpy>=2", "pandas")`.

    Raises:
        RequirementsRefused: With everything that is wrong.
    """
    problems = []
    if len(texts) > MAX_REQUIREMENTS:
        message = f"{len(texts)} requirements are too many; at most {MAX_REQUIREMENTS} are allowed"
        problems.append(RequirementProblem(None, message))
    canonical = set()
    for index, text in enumerate(texts[:MAX_REQUIREMENTS]):
        try:
            canonical.add(_canonical(text))
        except ValueError as error:
            problems.append(RequirementProblem(index, str(error)))
    if problems:
        raise RequirementsRefused(problems)
    return tuple(sorted(canonical))


def _canonical(text: str) -> str:
    shown = repr(text[:80])
    if len(text) > MAX_LENGTH:
        raise ValueError(f"{shown}... is longer than {MAX_LENGTH} characters; {EXPECTED}")
    if "\n" in text or "\r" in text:
        raise ValueError(f"{shown} has more than one line; {EXPECTED}")
    for character, meaning in (("@", "a URL"), (";", "a condition"), ("/", "a path"),
                               ("\\", "a path"), ("===", "an arbitrary version")):  # fmt: skip
        if character in text:
            raise ValueError(f"{shown} has {character!r}, that is {meaning}; {EXPECTED}")
    if text.lstrip().startswith("-"):
        raise ValueError(f"{shown} is an option of the installer; {EXPECTED}")
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        raise ValueError(f"{shown} can't be understood; {EXPECTED}") from None
    extras = ",".join(sorted(canonicalize_name(extra) for extra in requirement.extras))
    clauses = ",".join(sorted(str(specifier) for specifier in requirement.specifier))
    return f"{canonicalize_name(requirement.name)}{f'[{extras}]' if extras else ''}{clauses}"


def requirements_hash(canonical: Sequence[str]) -> str:
    """Return a hash that all spellings of the same requirements share.

    Args:
        canonical: From `canonical_requirements`.
    """
    return hashlib.sha256("\n".join(canonical).encode()).hexdigest()
