"""What the programs of the corpus are told, as their input data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits that the jobs run under, by the names of the job API.

    Attributes:
        memory_bytes: Of all processes together.
        cpus: Processors that may be kept busy.
        processes: Processes and threads.
        open_files: Of one process.
        file_bytes: The largest file.
        files: In each writable folder.
        output_bytes: Everything in /output.
        stream_bytes: Kept of stdout, and of stderr.
        artifacts: Files that are kept.
        artifact_bytes: The largest that is kept.
        artifacts_bytes: All that are kept.
    """

    memory_bytes: int = 512 * MIB
    cpus: float = 1.0
    processes: int = 100
    open_files: int = 256
    file_bytes: int = 100 * MIB
    files: int = 10_000
    output_bytes: int = 100 * MIB
    stream_bytes: int = 64 * 1024
    artifacts: int = 100
    artifact_bytes: int = 10 * MIB
    artifacts_bytes: int = 50 * MIB

    @classmethod
    def of_job_type(cls, limits: Mapping[str, Any]) -> "Bounds":
        """Read the `limits` of a job type, as `GET /job-types/{name}` answers them."""
        given = {name: limits[name] for name in asdict(cls()) if name in limits}
        sizes = {
            f"{name.removesuffix('_mb')}_bytes": value * MIB
            for name, value in limits.items()
            if name.endswith("_mb")
        }
        return cls(**{**given, **sizes})


@dataclass(frozen=True, slots=True)
class Setting:
    """What a program may want to know.

    Attributes:
        mark: A word that names this case alone.
        secret: What must not get into a sandbox. Programs get it only scrambled, in `canaries`.
        bounds: The limits.
        canaries: Where the things are that must be out of reach; see `canaries.py`.
    """

    mark: str
    secret: str
    bounds: Bounds = field(default_factory=Bounds)
    canaries: Mapping[str, Any] = field(default_factory=dict)

    def input_data(self) -> dict[str, Any]:
        """Return what goes into `/input/data.json`."""
        return {"mark": self.mark, "canaries": dict(self.canaries), **asdict(self.bounds)}
