"""Kinds of jobs: which packages they run with, how much they may take, what they may reach.

Three are shipped; an operator changes them and adds others in a TOML file. A job names its kind.
"""

from evalwright_server.job_types.file import JobTypesError
from evalwright_server.job_types.job_type import JobType, show_size
from evalwright_server.job_types.job_types import JobTypes, UnknownJobType

__all__ = ["JobType", "JobTypes", "JobTypesError", "UnknownJobType", "show_size"]
