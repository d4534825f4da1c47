"""One kind of jobs."""

from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import Field

from evalwright_server.job_types import values
from evalwright_server.sandbox import SandboxLimits

KIB: Final = 1024
MIB: Final = 1024 * KIB
GRACE_SECONDS: Final = 1.0
"""Between asking a job to end and ending it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobType:
    """What all jobs of a kind have in common.

    The attributes are the keys of a file of job types, but that sizes are called `..._size`
    there, memory `memory_limit` and processors `cpu_limit`.

    Attributes:
        name: What a job calls it.
        requirements: Packages its jobs can import, in canonical form.
        memory_bytes: Of all processes of a job together, with the files it writes.
        cpus: How many processors a job may keep busy.
        timeout: Seconds a job may run unless it asks otherwise.
        max_timeout: The most seconds a job may ask for.
        startup_timeout: Seconds that sandbox and packages may take before the program starts.
        cpu_seconds: Processor time of all processes; None for as much as the time allows.
        processes: Processes and threads at one time.
        open_files: Of each process.
        file_bytes: The largest file.
        tmp_bytes: Everything in /tmp.
        output_bytes: Everything in /output.
        files: Files in each of these folders.
        stream_bytes: What is kept of each of stdout and stderr.
        artifacts: How many files of /output are kept.
        artifact_bytes: The largest file that is kept.
        artifacts_bytes: All files that are kept, together.
        environment: Variables besides those that every job has.
        template: Whether jobs start as children of a process that has the packages imported.
        preload: Modules that are imported before a job is known.
        network: What jobs may reach, such as `api.example.com:443`; nothing when empty.
        allow_requirements: Whether a job may bring requirements of its own.
    """

    name: values.Name
    requirements: values.Requirements = ()
    memory_bytes: Annotated[values.Memory, Field(alias="memory_limit")] = 512 * MIB
    cpus: Annotated[values.Processors, Field(alias="cpu_limit")] = 1.0
    timeout: values.Seconds = 30
    max_timeout: values.Seconds = 300
    startup_timeout: values.StartSeconds = 120
    cpu_seconds: values.CpuSeconds | None = None
    processes: values.Count = 100
    open_files: values.Descriptors = 256
    file_bytes: Annotated[values.Bytes, Field(alias="file_size")] = 100 * MIB
    tmp_bytes: Annotated[values.Bytes, Field(alias="tmp_size")] = 100 * MIB
    output_bytes: Annotated[values.Bytes, Field(alias="output_size")] = 100 * MIB
    files: values.Count = 10_000
    stream_bytes: Annotated[values.Bytes, Field(alias="stream_size")] = 64 * KIB
    artifacts: values.CountOrNone = 100
    artifact_bytes: Annotated[values.Bytes, Field(alias="artifact_size")] = 10 * MIB
    artifacts_bytes: Annotated[values.Bytes, Field(alias="artifacts_size")] = 50 * MIB
    environment: values.Variables = field(default_factory=dict[str, str])
    template: values.Flag = False
    preload: tuple[values.Module, ...] = ()
    network: values.Entries = ()
    allow_requirements: values.Flag = True

    @property
    def memory_limit(self) -> str:
        """The memory as people write it, such as `512m`."""
        return show_size(self.memory_bytes)

    def limits(self, timeout: float | None = None) -> SandboxLimits:
        """Translate into what a sandbox enforces.

        Args:
            timeout: Seconds the job asked for; None takes the type's.
        """
        return SandboxLimits(
            wall_seconds=self.timeout if timeout is None else timeout,
            cpu_seconds=self.cpu_seconds,
            cpus=self.cpus,
            memory_bytes=self.memory_bytes,
            processes=self.processes,
            open_files=self.open_files,
            file_bytes=self.file_bytes,
            tmp_bytes=self.tmp_bytes,
            output_bytes=self.output_bytes,
            files=self.files,
            stream_bytes=self.stream_bytes,
            grace_seconds=GRACE_SECONDS,
        )


def show_size(size: int) -> str:
    """Write a number of bytes in the largest unit that divides it, such as `512m`."""
    for unit, factor in reversed(values.UNITS.items()):
        if size and size % factor == 0:
            return f"{size // factor}{unit}"
    return str(size)
