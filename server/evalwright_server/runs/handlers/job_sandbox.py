"""From a job's payload to what a sandbox is asked to do."""

import json
from typing import Final

from evalwright_server.egress import NetworkPolicy
from evalwright_server.environments import BuiltEnvironment
from evalwright_server.runs.job_payload import JobLimits, JobPayload
from evalwright_server.sandbox import SandboxJob, SandboxLimits

INPUT: Final = "data.json"
"""Where a program finds its input, below /input."""
GRACE_SECONDS: Final = 1.0
"""Between asking a program that ran out of time to end, and ending it."""


def sandbox_job(payload: JobPayload, environment: BuiltEnvironment | None) -> SandboxJob:
    """Return what a sandbox is to run.

    Args:
        payload: The job.
        environment: Its packages, if it requires any.
    """
    key = "" if environment is None else environment.key
    return SandboxJob(
        script=payload.code,
        files={INPUT: json.dumps(payload.input_data, ensure_ascii=False).encode()},
        environment=payload.environment,
        limits=_limits(payload.limits, payload.timeout),
        site_packages=None if environment is None else environment.site_packages,
        preload=payload.preload,
        template=_template(payload, key) if payload.template else None,
        network=NetworkPolicy(payload.network) if payload.network else None,
    )


def _limits(limits: JobLimits, timeout: int) -> SandboxLimits:
    return SandboxLimits(
        wall_seconds=timeout,
        cpu_seconds=limits.cpu_seconds,
        cpus=limits.cpus,
        memory_bytes=limits.memory_bytes,
        processes=limits.processes,
        open_files=limits.open_files,
        file_bytes=limits.file_bytes,
        files=limits.files,
        tmp_bytes=limits.tmp_bytes,
        output_bytes=limits.output_bytes,
        stream_bytes=limits.stream_bytes,
        grace_seconds=GRACE_SECONDS,
    )


def _template(payload: JobPayload, key: str) -> str:
    """Return whose template it is: tenants and environments never share one."""
    return json.dumps([payload.tenant, key, *payload.preload])
