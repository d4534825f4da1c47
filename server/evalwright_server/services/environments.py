"""Sets of packages that are installed on this host, as they stand in answers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from evalwright_server.environments import (
    EnvironmentBuildFailed,
    EnvironmentInfo,
    EnvironmentInUse,
    Environments,
    UnknownEnvironment,
    requirements_hash,
)
from evalwright_server.job_types import JobType
from evalwright_server.services.errors import (
    Conflict,
    ResourceNotFound,
    ServiceError,
    Unavailable,
    UnprocessableRequest,
)
from evalwright_server.services.requests import JsonObject

_DIGEST_DIGITS: Final = 12
_SECONDS_OF_OUTAGE: Final = 30


def list_environments(environments: Environments) -> JsonObject:
    """Return every environment of this host, the newest first."""
    return {"environments": [_view(each) for each in environments.list()]}


async def remove_environment(environments: Environments, key: str) -> None:
    """Remove an environment.

    Raises:
        ResourceNotFound: There is none of this key.
        Conflict: A job uses it.
    """
    try:
        await environments.remove(key)
    except UnknownEnvironment as error:
        hint = "GET /environments lists those there are"
        raise ResourceNotFound("Environment not found", hint=hint) from error
    except EnvironmentInUse as error:
        hint = "wait for the jobs that run with it, or cancel them"
        raise Conflict("Environment in use", hint=hint) from error


async def build_job_type(environments: Environments, job_type: JobType) -> JsonObject:
    """Install the packages of a job type, unless they are there.

    Raises:
        ServiceError: They can't be installed, with the reason.
    """
    key = await _install(environments, job_type.requirements)
    digest = key[:_DIGEST_DIGITS]
    return {
        "status": "built",
        "job_type": job_type.name,
        "version": f"{job_type.name}@sha256:{digest}",
        "digest": digest,
        "image_ref": key,
    }


async def _install(environments: Environments, requirements: Sequence[str]) -> str:
    if not requirements:
        return requirements_hash(())
    try:
        with await environments.ensure(requirements) as built:
            return built.key
    except EnvironmentBuildFailed as error:
        raise _refusal(error) from error


def _refusal(error: EnvironmentBuildFailed) -> ServiceError:
    detail = f"Build failed: {error.cause}"
    hint = "\n".join(filter(None, (error.advice, error.log)))
    if error.is_outage:
        return Unavailable(detail, hint, _SECONDS_OF_OUTAGE)
    return UnprocessableRequest(detail, hint=hint)


def _view(info: EnvironmentInfo) -> JsonObject:
    record = info.record
    return {
        "key": info.key,
        "requirements": list(record.requirements),
        "packages": list(record.packages),
        "python_version": record.python_version,
        "size_bytes": record.size_bytes,
        "created_at": datetime.fromtimestamp(record.created_at, UTC),
        "last_used_at": datetime.fromtimestamp(info.last_used_at, UTC),
    }
