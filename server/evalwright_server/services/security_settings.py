"""How a project treats categories of harm and attack vectors; audits and red teams heed it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from evalwright_server.audits import CATEGORIES
from evalwright_server.audits.auditing import THRESHOLD
from evalwright_server.red_team import VECTORS
from evalwright_server.services.analysis_projects import (
    ProjectRef,
    find_project,
    look_up_project,
)
from evalwright_server.services.errors import ResourceNotFound, closest
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.dialects import insert_into
from evalwright_server.store.tables.analyses import project_settings

VULNERABILITY, ATTACK_VECTOR = "vulnerability", "attack_vector"
"""The kinds of settings, as they are stored."""

_c: Final = project_settings.c
_SETTINGS: Final = select(_c.kind, _c.key, _c.settings).where(
    _c.project_id == bindparam("of_project")
)


@dataclass(frozen=True, slots=True)
class VulnerabilitySetting:
    """How a project treats a category of harm.

    Attributes:
        enabled: Whether audits look for it, and red teams aim at it, unless they are told to.
        threshold: The confidence from which a finding counts.
        severity: low, medium, high or critical.
    """

    enabled: bool
    threshold: float
    severity: str


@dataclass(frozen=True, slots=True)
class VectorSetting:
    """How a project treats an attack vector.

    Attributes:
        enabled: Whether red teams may use it.
        weight: How many attacks it gets, as a multiple of the usual number.
    """

    enabled: bool = True
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class SecuritySettings:
    """What a project has set; what is not there is as it comes.

    Attributes:
        vulnerabilities: Changed members by category.
        vectors: Changed members by vector.
    """

    vulnerabilities: Mapping[str, JsonObject] = field(default_factory=dict)
    vectors: Mapping[str, JsonObject] = field(default_factory=dict)

    def vulnerability(self, code: str) -> VulnerabilitySetting:
        """Return how a category of harm is treated."""
        usual: JsonObject = {
            "enabled": True,
            "threshold": THRESHOLD,
            "severity": CATEGORIES[code].severity,
        }
        return VulnerabilitySetting(**usual | self.vulnerabilities.get(code, {}))

    def vector(self, key: str) -> VectorSetting:
        """Return how an attack vector is treated."""
        return VectorSetting(**self.vectors.get(key, {}))

    @property
    def enabled_categories(self) -> tuple[str, ...]:
        """The categories that audits look for and red teams aim at unless they are told to."""
        return tuple(code for code in CATEGORIES if self.vulnerability(code).enabled)

    @property
    def severities(self) -> dict[str, str]:
        """How bad categories are, where that is not what the catalogue says."""
        return {
            code: changes["severity"]
            for code, changes in self.vulnerabilities.items()
            if "severity" in changes
        }

    @property
    def thresholds(self) -> dict[str, float]:
        """The confidence from which findings count, where that is not the usual one."""
        return {
            code: changes["threshold"]
            for code, changes in self.vulnerabilities.items()
            if "threshold" in changes
        }


def settings_of(conn: Connection, project: ProjectRef | None) -> SecuritySettings:
    """Return what a project has set; one that there is not yet has set nothing."""
    found: dict[str, dict[str, JsonObject]] = {VULNERABILITY: {}, ATTACK_VECTOR: {}}
    if project is not None:
        for kind, key, settings in conn.execute(_SETTINGS, {"of_project": project.key}):
            found.setdefault(kind, {})[key] = settings
    return SecuritySettings(found[VULNERABILITY], found[ATTACK_VECTOR])


def settings_of_named(conn: Connection, name: str | None) -> SecuritySettings:
    """Return what the project of this name has set."""
    return settings_of(conn, look_up_project(conn, name))


def list_vulnerabilities() -> JsonObject:
    """Return the categories of harm."""
    return {
        "vulnerabilities": [
            {
                "key": each.code,
                "display_name": each.name,
                "description": each.description,
                "severity": each.severity,
            }
            for each in CATEGORIES.values()
        ]
    }


def list_attack_vectors() -> JsonObject:
    """Return the ways to attack."""
    return {
        "strategies": [
            {
                "key": each.key,
                "name": each.name,
                "description": each.description,
                "kind": each.kind,
            }
            for each in VECTORS.values()
        ]
    }


def list_project_vulnerabilities(conn: Connection, project_id: str) -> JsonObject:
    """Return the categories of harm as a project has set them."""
    project = find_project(conn, project_id, "path:project_id")
    settings = settings_of(conn, project)
    return {
        "vulnerabilities": [
            _view_vulnerability(project, code, settings.vulnerability(code)) for code in CATEGORIES
        ]
    }


def list_project_attack_vectors(conn: Connection, project_id: str) -> JsonObject:
    """Return the attack vectors as a project has set them."""
    project = find_project(conn, project_id, "path:project_id")
    settings = settings_of(conn, project)
    return {"attack_vectors": [_view_vector(project, key, settings.vector(key)) for key in VECTORS]}


def update_project_vulnerability(
    conn: Connection, project_id: str, code: str, changes: Mapping[str, Any]
) -> JsonObject:
    """Change how a project treats a category of harm."""
    project = find_project(conn, project_id, "path:project_id")
    _require_known(code, CATEGORIES, "category of harm")
    settings = settings_of(conn, project)
    _keep(conn, project, VULNERABILITY, code, {**settings.vulnerabilities.get(code, {}), **changes})
    return _view_vulnerability(project, code, settings_of(conn, project).vulnerability(code))


def update_project_attack_vector(
    conn: Connection, project_id: str, key: str, changes: Mapping[str, Any]
) -> JsonObject:
    """Change how a project treats an attack vector."""
    project = find_project(conn, project_id, "path:project_id")
    _require_known(key, VECTORS, "attack vector")
    settings = settings_of(conn, project)
    _keep(conn, project, ATTACK_VECTOR, key, {**settings.vectors.get(key, {}), **changes})
    return _view_vector(project, key, settings_of(conn, project).vector(key))


def _require_known(key: str, known: Mapping[str, object], noun: str) -> None:
    if key not in known:
        nearest = closest(key, known)
        hint = "" if nearest is None else f"; the nearest one is {nearest}"
        raise ResourceNotFound(f"no {noun} has the ID {key!r}{hint}")


def _keep(conn: Connection, project: ProjectRef, kind: str, key: str, settings: JsonObject) -> None:
    where = {"project_id": project.key, "kind": kind, "key": key}
    statement = insert_into(conn, project_settings).values(**where, settings=settings)
    conn.execute(
        statement.on_conflict_do_update(index_elements=list(where), set_={"settings": settings})
    )


def _view_vulnerability(
    project: ProjectRef, code: str, setting: VulnerabilitySetting
) -> JsonObject:
    category = CATEGORIES[code]
    return {
        "id": code,
        "project_id": project.id,
        "key": code,
        "display_name": category.name,
        "description": category.description,
        **asdict(setting),
    }


def _view_vector(project: ProjectRef, key: str, setting: VectorSetting) -> JsonObject:
    vector = VECTORS[key]
    return {
        "id": key,
        "project_id": project.id,
        "key": key,
        "name": vector.name,
        "description": vector.description,
        **asdict(setting),
    }
