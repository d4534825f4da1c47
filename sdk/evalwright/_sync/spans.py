# Generated from sdk/evalwright/_async/spans.py by scripts/unasync.py: do not edit.
"""Spans of projects."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from evalwright._fields import build
from evalwright._given import given
from evalwright._sync.dataset_examples import AnnotationsChoice
from evalwright._sync.resource import Resource
from evalwright._times import utc
from evalwright_api import api, models


class SpansClient(Resource):
    """What applications did, step by step, as OpenTelemetry exporters sent it."""

    def list(
        self,
        *,
        project: str,
        space: str | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        filter: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> models.SpanList:
        """Get one page of a project's spans, newest first.

        Args:
            project: The project, by name or ID.
            space: Where the name is looked up.
            start_time: The start of the window, inclusive; a week ago when None. Without a zone,
                UTC.
            end_time: The end of the window, exclusive; now when None.
            filter: A condition over the spans, such as `status_code = 'ERROR'`; all when None.
            limit: The largest number of rows, 1 to 500.
            cursor: The `pagination.next_cursor` of the page before.

        Raises:
            InvalidRequest: The filter is wrong; says where, and what is allowed.
        """
        body = self._window(project, space, start_time, end_time, filter)
        return self._session.send(api.spans.list_spans(body=body, limit=limit, cursor=cursor))

    def iter(
        self,
        *,
        project: str,
        space: str | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        filter: str | None = None,
        page_size: int = 500,
    ) -> Iterator[models.Span]:
        """Go through a project's spans, newest first, reading page by page.

        Args:
            project: The project, by name or ID.
            space: Where the name is looked up.
            start_time: The start of the window, inclusive; a week ago when None. Without a zone,
                UTC.
            end_time: The end of the window, exclusive; now when None.
            filter: A condition over the spans, such as `status_code = 'ERROR'`; all when None.
            page_size: How many to read at a time, 1 to 500.
        """
        body = self._window(project, space, start_time, end_time, filter)
        rows = self._iterate(
            lambda cursor: api.spans.list_spans(body=body, limit=page_size, cursor=cursor),
            lambda page: page.spans,
        )
        yield from rows

    def delete(
        self, *, project: str, span_ids: Sequence[str], space: str | None = None
    ) -> models.DeleteSpansResponse:
        """Delete spans with what was said of them.

        Args:
            project: The project, by name or ID.
            span_ids: 1 to 5,000 IDs, in hex as OpenTelemetry shows them.
            space: Where the name is looked up.
        """
        members: dict[str, object] = {"project_id": project, "span_ids": span_ids}
        build(models.DeleteSpansRequest, members, arguments=_ARGUMENTS)
        members["project_id"] = self._find.project(project, space)
        body = build(models.DeleteSpansRequest, members)
        return self._session.send(api.spans.delete_spans(body=body))

    def annotate(
        self,
        *,
        project: str,
        annotations: AnnotationsChoice,
        space: str | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
    ) -> None:
        """Say of spans what people think of them; values that are left out stay as they are.

        Args:
            project: The project, by name or ID.
            annotations: 1 to 1,000 entries with `record_id`, a span's ID in hex, and `values`.
            space: Where the name is looked up.
            start_time: The start of the window in which the spans began; 31 days ago when None.
            end_time: The end of the window; now when None.
        """
        members = given(
            project_id=project,
            annotations=annotations,
            start_time=utc(start_time),
            end_time=utc(end_time),
        )
        build(models.AnnotateSpansRequest, members, arguments=_ARGUMENTS)
        members["project_id"] = self._find.project(project, space)
        body = build(models.AnnotateSpansRequest, members)
        self._session.send(api.spans.annotate_spans(body=body))

    def _window(
        self,
        project: str,
        space: str | None,
        start_time: datetime | None,
        end_time: datetime | None,
        condition: str | None,
    ) -> models.ListSpansRequest:
        members = given(
            project_id=project,
            start_time=utc(start_time),
            end_time=utc(end_time),
            filter=condition,
        )
        build(models.ListSpansRequest, members, arguments=_ARGUMENTS)
        members["project_id"] = self._find.project(project, space)
        return build(models.ListSpansRequest, members)


_ARGUMENTS = {"project_id": "project"}
