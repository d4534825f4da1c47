"""The job types of a server."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import replace
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
    def load(cls, path: Path | None, max_timeout: int | None = None) -> Self:
        """Return the shipped types, as a file changes and completes them.

        Args:
            path: The file; None for the shipped types as they are.
            max_timeout: The most seconds a job may ask for where the file says nothing else.

        Raises:
            JobTypesError: The file can't be used, with all that is wrong with it.
        """
        shipped = [_allow(job_type, max_timeout) for job_type in SHIPPED]
        return cls(shipped if path is None else read_job_types(path, shipped).values())

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


def _allow(job_type: JobType, max_timeout: int | None) -> JobType:
    if max_timeout is None:
        return job_type
    timeout = min(job_type.timeout, max_timeout)
    return replace(job_type, timeout=timeout, max_timeout=max_timeout)
