"""Kinds of jobs, as they stand in answers."""

import sys
from dataclasses import asdict
from typing import Final

from evalwright_server.job_types import JobType, UnknownJobType
from evalwright_server.runs.job_payload import MIB
from evalwright_server.services.errors import ResourceNotFound
from evalwright_server.services.job_rules import JobRules, limits_of
from evalwright_server.services.requests import JsonObject

PYTHON: Final = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The version of Python that jobs run with: this server's own."""


def find_job_type(rules: JobRules, name: str) -> JobType:
    """Return a job type.

    Raises:
        ResourceNotFound: There is none of this name.
    """
    try:
        return rules.job_types.find(name)
    except UnknownJobType as error:
        raise ResourceNotFound(f"Job type '{name}' not found", hint=str(error)) from error


def view_job_type(job_type: JobType, *, is_installed: bool = True) -> JsonObject:
    """Return a job type.

    Args:
        job_type: The type.
        is_installed: Whether its packages are installed on this host.
    """
    return {
        "name": job_type.name,
        "requirements": list(job_type.requirements),
        "python_version": PYTHON,
        "memory_limit": job_type.memory_limit,
        "cpu_limit": float(job_type.cpus),
        "timeout": job_type.timeout,
        "max_timeout": job_type.max_timeout,
        "startup_timeout": job_type.startup_timeout,
        "session_enabled": False,
        "gpu_enabled": False,
        "gpu_vendor": None,
        "image_exists": is_installed,
        "template": job_type.template,
        "network": list(job_type.network),
        "allow_requirements": job_type.allow_requirements,
        "limits": _view_limits(job_type),
    }


def _view_limits(job_type: JobType) -> JsonObject:
    limits = asdict(limits_of(job_type))
    in_mb = {"memory_bytes": "memory_mb", "file_bytes": "file_mb", "output_bytes": "output_mb"}
    in_mb |= {"artifact_bytes": "artifact_mb", "artifacts_bytes": "artifacts_mb"}
    kept = {name: value for name, value in limits.items() if name not in {*in_mb, "tmp_bytes"}}
    return {**kept, **{member: -(-limits[name] // MIB) for name, member in in_mb.items()}}
