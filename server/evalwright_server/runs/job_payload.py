"""The payload of a `job`: all that its worker needs to know, complete when it is submitted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Self, cast

from pydantic import JsonValue

MIB: Final = 1024 * 1024

QUEUE: Final = "jobs"
"""The queue of jobs. Workers have slots for it that evaluations can't take, and the reverse."""
MAX_ATTEMPTS: Final = 2
"""How often a job is started before its workers' deaths count as its fault."""


@dataclass(frozen=True, slots=True)
class JobLimits:
    """How much a job may take; the defaults are those of the job type `default`.

    Attributes:
        memory_bytes: Of all its processes together.
        cpu_seconds: Processor time of all its processes; None for as much as its time allows.
        cpus: How many processors it may keep busy.
        processes: Processes and threads at one time.
        open_files: Per process.
        file_bytes: Of the largest file.
        files: In each of its folders.
        tmp_bytes: Of everything in /tmp.
        output_bytes: Of everything in /output.
        stream_bytes: What is kept of each of stdout and stderr.
        artifacts: How many files are kept.
        artifact_bytes: Of the largest file that is kept.
        artifacts_bytes: Of all files that are kept.
    """

    memory_bytes: int = 512 * MIB
    cpu_seconds: float | None = None
    cpus: float = 1.0
    processes: int = 100
    open_files: int = 256
    file_bytes: int = 100 * MIB
    files: int = 10_000
    tmp_bytes: int = 100 * MIB
    output_bytes: int = 100 * MIB
    stream_bytes: int = 64 * 1024
    artifacts: int = 100
    artifact_bytes: int = 10 * MIB
    artifacts_bytes: int = 50 * MIB


@dataclass(frozen=True, slots=True)
class JobPayload:
    """A program to run.

    Attributes:
        code: Python source.
        input_data: What it finds in `/input/data.json`.
        job_type: Name of its job type.
        job_version: The same with a version.
        timeout: Seconds that the program may run.
        startup_timeout: Seconds that sandbox and requirements may take before it starts.
        requirements: Packages, by name and version clause: those of the job type and its own.
        limits: How much it may take.
        environment: Variables besides those that every job has.
        tenant: Whose it is; tenants never share a template.
        template: Whether it starts from a process that has the packages imported.
        preload: What such a process imports.
        network: The addresses it may reach, as `host:port`; None for none at all.
    """

    code: str
    input_data: Mapping[str, JsonValue]
    job_type: str = "default"
    job_version: str = "default@latest"
    timeout: int = 30
    startup_timeout: int = 120
    requirements: tuple[str, ...] = ()
    limits: JobLimits = field(default_factory=JobLimits)
    environment: Mapping[str, str] = field(default_factory=dict)
    tenant: str = ""
    template: bool = False
    preload: tuple[str, ...] = ()
    network: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """Return it as it is stored with the run."""
        values: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**values, "limits": asdict(self.limits)}

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        limits = JobLimits(**payload["limits"])
        tuples = {
            name: tuple(cast("list[str]", payload[name])) for name in ("requirements", "preload")
        }
        network = payload["network"]
        hosts = None if network is None else tuple(cast("list[str]", network))
        return cls(**{**payload, **tuples, "limits": limits, "network": hosts})
