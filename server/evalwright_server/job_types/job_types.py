"""The job types of a server."""

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from evalwright_server.job_types.file import read_job_types
from evalwright_server.job_types.job_type import JobType
from evalwright_server.job_types.shipped import SHIPPED


class UnknownJobType(LookupError):
    """There is no job type of a name.

    Attributes:
        name: What was asked for.
        known: The names there are.
    """

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(known)
        nearest = difflib.get_close_matches(name, self.known, n=1)
        hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
        super().__init__(
            f"There is no job type {name!r}; this server has {', '.join(self.known)}.{hint}"
        )


class JobTypes:
    """All job types, by name."""

    def __init__(self, job_types: Iterable[JobType] = SHIPPED) -> None:
        """Hold them in the order given.

        Args:
            job_types: With different names.
        """
        self._by_name = {job_type.name: job_type for job_type in job_types}

    @classmethod
    def load(cls, path: Path | None) -> Self:
        """Return the shipped types, as a file changes and completes them.

        Args:
            path: The file; None for the shipped types as they are.

        Raises:
            JobTypesError: The file can't be used, with all that is wrong with it.
        """
        return cls(SHIPPED if path is None else read_job_types(path, SHIPPED).values())

    def __iter__(self) -> Iterator[JobType]:
        return iter(self._by_name.values())

    def find(self, reference: str) -> JobType:
        """Return the type that a job names.

        Args:
            reference: `name` or `name@version`. Which packages there are decides about the
                version, so only the name counts.

        Raises:
            UnknownJobType: With the names there are.
        """
        name = reference.partition("@")[0]
        if name not in self._by_name:
            raise UnknownJobType(name, self._by_name)
        return self._by_name[name]
