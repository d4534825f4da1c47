"""A case of the corpus, run on a sandbox without a server around it."""

import asyncio
import json
import secrets
from typing import Final

from evalwright_server.attack import (
    Artifact,
    Bounds,
    Canaries,
    Case,
    Outcome,
    Setting,
    Trial,
    Verdict,
    judge,
)
from evalwright_server.attack.prelude import source
from evalwright_server.runs import job_verdict
from evalwright_server.runs.result_json import NAME, read_result
from evalwright_server.sandbox import (
    ArtifactLimits,
    Isolation,
    OutputDirectory,
    Sandbox,
    SandboxJob,
    SandboxLimits,
    SandboxResult,
)

MIB: Final = 1024 * 1024
BOUNDS: Final = Bounds(
    memory_bytes=128 * MIB,
    cpus=1.0,
    processes=32,
    open_files=64,
    file_bytes=24 * MIB,
    files=2000,
    output_bytes=32 * MIB,
    stream_bytes=8192,
    artifacts=20,
    artifact_bytes=4 * MIB,
    artifacts_bytes=10 * MIB,
)
"""Small, so that bombs reach them soon."""
_FIRST_BYTES: Final = 4096


def sandbox_job(program: str, setting: Setting, seconds: float, template: str | None) -> SandboxJob:
    """Return a program as the worker would give it to a sandbox."""
    bounds = setting.bounds
    return SandboxJob(
        script=source(program),
        files={"data.json": json.dumps(setting.input_data()).encode()},
        limits=SandboxLimits(
            wall_seconds=seconds,
            cpus=bounds.cpus,
            memory_bytes=bounds.memory_bytes,
            processes=bounds.processes,
            open_files=bounds.open_files,
            file_bytes=bounds.file_bytes,
            files=bounds.files,
            tmp_bytes=32 * MIB,
            output_bytes=bounds.output_bytes,
            stream_bytes=bounds.stream_bytes,
            grace_seconds=0.3,
        ),
        template=template,
    )


def outcome_of(result: SandboxResult, output: OutputDirectory, bounds: Bounds) -> Outcome:
    """Word the end of a job as its record would."""
    verdict = job_verdict.judge(result)
    limits = ArtifactLimits(bounds.artifacts, bounds.artifact_bytes, bounds.artifacts_bytes)
    files = output.collect(limits).files
    contents = {file.name: b"".join(output.read(file.name)) for file in files}
    return Outcome(
        status=verdict.state.value,
        exit_code=verdict.exit_code,
        stdout=result.stdout,
        stderr=result.stderr,
        seconds=result.duration,
        output=_result(contents.get(NAME)),
        error_type=None if verdict.error is None else verdict.error.type,
        stdout_truncated=result.stdout_truncated,
        stderr_truncated=result.stderr_truncated,
        cpu_seconds=result.usage.cpu_seconds,
        peak_memory_bytes=result.usage.peak_memory_bytes,
        artifacts={
            file.name: Artifact(file.size, contents[file.name][:_FIRST_BYTES]) for file in files
        },
    )


def _result(content: bytes | None) -> object:
    text = None if content is None else read_result(content).text
    return None if text is None else json.loads(text)


class Range:
    """Where cases are tried: a sandbox, and canaries around it."""

    def __init__(self, sandbox: Sandbox, canaries: Canaries, *, template: bool) -> None:
        self._sandbox = sandbox
        self._canaries = canaries
        self._template = "attack" if template else None

    async def run(self, case: Case) -> Verdict:
        """Try one case."""
        setting = Setting(f"mark-{secrets.token_hex(8)}", self._canaries.secret, BOUNDS,
                          self._canaries.places)  # fmt: skip
        first = None
        if case.before is not None:
            first = await self._job(case.before, setting, case.timeout)
        if case.beside is not None:
            neighbour = asyncio.create_task(self._job(case.beside, setting, case.timeout))
            outcome = await self._job(case.program, setting, case.timeout)
            first = await neighbour
        else:
            outcome = await self._job(case.program, setting, case.timeout)
        sightings = self._canaries.sightings(setting.mark)
        return judge(case, Trial(setting, outcome, first, sightings))

    async def isolation(self) -> Isolation:
        """Say what keeps a job apart from the host here."""
        job = SandboxJob("", template=self._template)
        async with self._sandbox.execute(job) as ended:
            return ended.result.isolation

    async def _job(self, program: str, setting: Setting, seconds: float) -> Outcome:
        job = sandbox_job(program, setting, seconds, self._template)
        async with self._sandbox.execute(job) as ended:
            return outcome_of(ended.result, ended.output, setting.bounds)
