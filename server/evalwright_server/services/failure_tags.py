"""Tags of failure analyses: listed, marked as reviewed, and linked to issues."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, func, literal, select, update

from evalwright_server.failures.scoring import FAIL, PASS, UNSURE
from evalwright_server.services.analysis_records import StoredAnalysis, find_item
from evalwright_server.services.errors import Findings, ResourceNotFound
from evalwright_server.services.failure_requests import KIND
from evalwright_server.services.failure_taxonomy import BUCKET_IDS, check_word
from evalwright_server.services.failure_views import TAGS, tags_between, view_tag
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.analyses import failure_tags

DECISIONS: Final = (PASS, FAIL, UNSURE)

_c: Final = failure_tags.c


@dataclass(frozen=True, slots=True)
class TagFilter:
    """Which tags are wanted; all that are None are no matter."""

    decision: str | None = None
    bucket_id: str | None = None
    min_severity: float | None = None

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "TagFilter":
        """Read the parameters of a request.

        Raises:
            InvalidRequest: There is no such decision or bucket; both are named.
        """
        decision, bucket_id = values.get("decision"), values.get("bucket_id")
        findings = Findings()
        check_word(findings, "query:decision", decision, DECISIONS, "decision")
        check_word(findings, "query:bucket_id", bucket_id, BUCKET_IDS, "bucket")
        findings.raise_if_any()
        return cls(decision, bucket_id, values.get("min_severity"))

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """The same for the database."""
        found: list[ColumnElement[bool]] = []
        if self.decision is not None:
            found.append(_c.decision == self.decision)
        if self.bucket_id is not None:
            found.append(_c.bucket_id == self.bucket_id)
        if self.min_severity is not None:
            found.append(_c.severity >= self.min_severity)
        return found


def chosen_between(
    conn: Connection, stored: StoredAnalysis, first: int, end: int, wanted: TagFilter
) -> list[JsonObject]:
    """Return the tags of some items that pass a filter; see `failure_views.tags_between`."""
    return tags_between(conn, stored, first, end, *wanted.conditions)


def update_tag(
    conn: Connection, tag_id: str, changes: Mapping[str, Any], now: datetime
) -> JsonObject:
    """Change what people say about a tag, and return it.

    Args:
        conn: The transaction, a write.
        tag_id: Its public ID.
        changes: `is_reviewed` and `issue_url`, or one of them.
        now: The time.

    Raises:
        ResourceNotFound: There is no such tag.
        InvalidRequest: The issue's URL is none.
    """
    stored, where = _find(conn, tag_id)
    values: dict[str, Any] = {}
    if "is_reviewed" in changes:
        values["is_reviewed"] = changes["is_reviewed"]
        # What is reviewed already was reviewed when it was.
        seen = func.coalesce(_c.reviewed_at, literal(now, _c.reviewed_at.type))
        values["reviewed_at"] = seen if changes["is_reviewed"] else None
    if "issue_url" in changes:
        values["issue_url"] = _read_url(changes["issue_url"])
    condition = (_c.run_id == stored.run.id, *where)
    # What is reviewed already was reviewed when it was.
    if (
        values.get("is_reviewed")
        and conn.execute(select(_c.is_reviewed).where(*condition)).scalar()
    ):
        del values["reviewed_at"]
    conn.execute(update(failure_tags).where(*condition).values(values))
    [tag] = conn.execute(TAGS.where(*condition)).mappings()
    return view_tag(stored.uid, dict(tag))


def _find(conn: Connection, tag_id: str) -> tuple[StoredAnalysis, list[ColumnElement[bool]]]:
    item_id, _, kind = tag_id.rpartition(":")
    missing = ResourceNotFound(
        f"no tag has the ID {tag_id!r}; the IDs stand in the list of an analysis's tags"
    )
    try:
        stored, position = find_item(conn, KIND, item_id)
    except ResourceNotFound:
        raise missing from None
    where = [_c.position == position, _c.subcategory_id == kind]
    if conn.execute(select(_c.position).where(_c.run_id == stored.run.id, *where)).first() is None:
        raise missing
    return stored, where


def _read_url(text: str | None) -> str | None:
    """Return the URL of an issue, or None where it is to be unlinked."""
    url = (text or "").strip()
    if not url:
        return None
    try:
        parts = urlsplit(url)
        is_fine = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_fine = False
    if not is_fine:
        findings = Findings()
        message = f"{url!r} is no URL of an issue; expected https://..., or nothing to unlink it"
        findings.add("/issue_url", message)
        raise findings.error()
    return url
