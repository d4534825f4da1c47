"""The job types that are there without any file."""

from typing import Final

from evalwright_server.job_types.job_type import MIB, JobType

DEFAULT: Final = JobType(name="default")
"""What jobs are that name no other, and what new types of a file start from."""

SHIPPED: Final = (
    DEFAULT,
    JobType(
        name="data-processing",
        requirements=("numpy", "pandas"),
        memory_bytes=1024 * MIB,
        cpus=2.0,
        timeout=60,
        preload=("numpy", "pandas"),
    ),
    JobType(
        name="ml-inference",
        requirements=("numpy", "scikit-learn"),
        memory_bytes=2048 * MIB,
        cpus=2.0,
        timeout=120,
        startup_timeout=180,
        preload=("numpy", "sklearn"),
    ),
)
