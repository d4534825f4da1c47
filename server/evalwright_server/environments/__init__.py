"""Sets of packages that jobs can import, installed once and read by all that need the same."""

from evalwright_server.environments.environment import (
    BuiltEnvironment,
    EnvironmentInfo,
    EnvironmentRecord,
)
from evalwright_server.environments.environments import Environments
from evalwright_server.environments.errors import (
    EnvironmentBuildFailed,
    EnvironmentInUse,
    PackageSettingsError,
    UnknownEnvironment,
)
from evalwright_server.environments.requirements import (
    RequirementProblem,
    RequirementsRefused,
    canonical_requirements,
    requirements_hash,
)
from evalwright_server.environments.settings import PackageSettings

__all__ = [
    "BuiltEnvironment",
    "EnvironmentBuildFailed",
    "EnvironmentInUse",
    "EnvironmentInfo",
    "EnvironmentRecord",
    "Environments",
    "PackageSettings",
    "PackageSettingsError",
    "RequirementProblem",
    "RequirementsRefused",
    "UnknownEnvironment",
    "canonical_requirements",
    "requirements_hash",
]
