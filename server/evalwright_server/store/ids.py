"""Public IDs: padded standard base64 of `Kind:number:suffix`.

The suffix is random and stored with the row, so an ID can't be guessed from its number. The text
under the base64 holds only characters that never produce `+` or `/`: IDs stay clean in paths.
"""

import base64
import binascii
import re
import secrets
import string
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SUFFIX_LENGTH: Final = 4
"""Characters in a suffix."""

_ALPHABET: Final = string.ascii_letters + string.digits
_TEXT: Final = re.compile(rf"([A-Za-z]+):([1-9][0-9]{{0,18}}):([A-Za-z0-9]{{{SUFFIX_LENGTH}}})")
_LARGEST_NUMBER: Final = 2**63 - 1


class Kind(StrEnum):
    """What an ID can name."""

    AI_INTEGRATION = "AiIntegration"
    DATASET = "Dataset"
    DATASET_EXAMPLE = "DatasetExample"
    DATASET_VERSION = "DatasetVersion"
    EVALUATOR = "Evaluator"
    EVALUATOR_VERSION = "EvaluatorVersion"
    EXPERIMENT = "Experiment"
    EXPERIMENT_RUN = "ExperimentRun"
    ORGANIZATION = "Organization"
    PROJECT = "Project"
    SPACE = "Space"
    SPACE_MEMBERSHIP = "SpaceMembership"
    TASK = "Task"
    TASK_RUN = "TaskRun"
    USER = "User"


class InvalidId(ValueError):
    """A text is not an ID; the message says what an ID looks like."""


@dataclass(frozen=True, slots=True)
class ResourceId:
    """The three parts of an ID.

    Attributes:
        kind: What it names, one of `Kind`.
        number: Primary key of the row.
        suffix: The random end, equal to the row's `suffix`.
    """

    kind: Kind
    number: int
    suffix: str

    def __str__(self) -> str:
        return encode(self.kind, self.number, self.suffix)


def encode(kind: Kind, number: int, suffix: str) -> str:
    """Return the public ID of a row."""
    return base64.b64encode(f"{kind}:{number}:{suffix}".encode()).decode()


def decode(text: str) -> ResourceId:
    """Take an ID apart.

    Raises:
        InvalidId: The text is not exactly what `encode` returns for some row.
    """
    try:
        match = _TEXT.fullmatch(base64.b64decode(text, validate=True).decode())
        if match is None:
            raise InvalidId(_explain(text))
        resource = ResourceId(Kind(match[1]), int(match[2]), match[3])
    except (binascii.Error, ValueError) as error:
        raise InvalidId(_explain(text)) from error
    if resource.number > _LARGEST_NUMBER or str(resource) != text:
        raise InvalidId(_explain(text))
    return resource


def new_suffix() -> str:
    """Return a fresh random suffix for a row about to be inserted."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(SUFFIX_LENGTH))


def _explain(text: str) -> str:
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    example = encode(Kind.TASK, 1, "aB3d")
    return (
        f"{shown!r} is not an ID: expected padded base64 of 'Kind:number:suffix', "
        f"such as {example!r}, exactly as the server returned it"
    )
