# Generated from sdk/evalwright/_async/evaluators.py by scripts/unasync.py: do not edit.
"""Evaluators and their versions."""

from collections.abc import Iterator, Mapping, Sequence

from evalwright._fields import build, name_errors, refuse
from evalwright._given import given, something
from evalwright._rules.versions import version_body
from evalwright._sync.resource import Resource
from evalwright._unset import UNSET, Unset
from evalwright_api import api, models

CodeConfigChoice = Mapping[str, object] | models.CodeConfigInput
"""The code of an evaluator: a mapping or a model of the document."""

TemplateConfigChoice = Mapping[str, object] | models.TemplateConfigInput
"""The prompt of an evaluator: a mapping or a model of the document."""


class EvaluatorsClient(Resource):
    """Versioned judges of outputs, as code or as a prompt template."""

    def list(
        self,
        *,
        name: str | None = None,
        space: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> models.EvaluatorList:
        """Get one page of evaluators, those changed last first.

        Args:
            name: Only evaluators whose name contains this text, whatever its case.
            space: Only evaluators of this space, by name or ID.
            limit: The largest number of rows, 1 to 100.
            cursor: The `pagination.next_cursor` of the page before.
        """
        space_id = self._find.optional_space(space)
        return self._session.send(
            api.evaluators.list_evaluators(name=name, space_id=space_id, limit=limit, cursor=cursor)
        )

    def iter(
        self, *, name: str | None = None, space: str | None = None, page_size: int = 100
    ) -> Iterator[models.Evaluator]:
        """Go through all evaluators, those changed last first, reading page by page.

        Args:
            name: Only evaluators whose name contains this text, whatever its case.
            space: Only evaluators of this space, by name or ID.
            page_size: How many to read at a time, 1 to 100.
        """
        space_id = self._find.optional_space(space)
        rows = self._iterate(
            lambda cursor: api.evaluators.list_evaluators(
                name=name, space_id=space_id, limit=page_size, cursor=cursor
            ),
            lambda page: page.evaluators,
        )
        yield from rows

    def get(
        self, *, evaluator: str, space: str | None = None, version_id: str | None = None
    ) -> models.EvaluatorWithVersion:
        """Get an evaluator with one of its versions.

        Args:
            evaluator: The evaluator, by name or ID.
            space: Where the name is looked up.
            version_id: The version; the latest when None.
        """
        evaluator_id = self._find.evaluator(evaluator, space)
        return self._session.send(api.evaluators.get_evaluator(evaluator_id, version_id=version_id))

    def create_code_evaluator(
        self,
        *,
        name: str,
        space: str,
        code_config: CodeConfigChoice,
        description: str | None = None,
        commit_message: str = "First version",
    ) -> models.EvaluatorWithVersion:
        """Create an evaluator that runs code, one of the server's own or yours.

        Args:
            name: Its name, unique inside the space.
            space: The space that holds it, by name or ID.
            code_config: The code; `type` (`managed` or `custom`) decides what belongs to it.
            description: What it judges.
            commit_message: What to say about the first version.
        """
        version = {"commit_message": commit_message, "code_config": code_config}
        return self._create("code", name, space, description, version)

    def create_template_evaluator(
        self,
        *,
        name: str,
        space: str,
        template_config: TemplateConfigChoice,
        description: str | None = None,
        commit_message: str = "First version",
    ) -> models.EvaluatorWithVersion:
        """Create an evaluator that asks a language model.

        Args:
            name: Its name, unique inside the space.
            space: The space that holds it, by name or ID.
            template_config: The prompt and the model.
            description: What it judges.
            commit_message: What to say about the first version.
        """
        version = {"commit_message": commit_message, "template_config": template_config}
        return self._create("template", name, space, description, version)

    def update(
        self,
        *,
        evaluator: str,
        space: str | None = None,
        name: str | Unset = UNSET,
        description: str | Unset | None = UNSET,
    ) -> models.Evaluator:
        """Change an evaluator; what is not passed stays as it is.

        Args:
            evaluator: The evaluator, by name or ID.
            space: Where the name is looked up.
            name: A new name.
            description: A new description; None clears it.
        """
        changes = something(name=name, description=description)
        body = build(models.UpdateEvaluatorRequest, changes)
        evaluator_id = self._find.evaluator(evaluator, space)
        return self._session.send(api.evaluators.update_evaluator(evaluator_id, body=body))

    def delete(self, *, evaluator: str, space: str | None = None) -> None:
        """Delete an evaluator by name or ID, and its versions.

        Raises:
            Conflict: A task has no other evaluator.
        """
        evaluator_id = self._find.evaluator(evaluator, space)
        self._session.send(api.evaluators.delete_evaluator(evaluator_id))

    def list_versions(
        self,
        *,
        evaluator: str,
        space: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> models.EvaluatorVersionList:
        """Get one page of an evaluator's versions, newest first.

        Args:
            evaluator: The evaluator, by name or ID.
            space: Where the name is looked up.
            limit: The largest number of rows, 1 to 100.
            cursor: The `pagination.next_cursor` of the page before.
        """
        evaluator_id = self._find.evaluator(evaluator, space)
        return self._session.send(
            api.evaluators.list_evaluator_versions(evaluator_id, limit=limit, cursor=cursor)
        )

    def get_version(self, *, version_id: str) -> models.EvaluatorVersion:
        """Get a version of an evaluator by its ID."""
        refuse(name_errors("version_id", version_id))
        return self._session.send(api.evaluators.get_evaluator_version(version_id))

    def create_version(
        self,
        *,
        evaluator: str,
        commit_message: str,
        space: str | None = None,
        code_config: CodeConfigChoice | None = None,
        template_config: TemplateConfigChoice | None = None,
    ) -> models.EvaluatorVersion:
        """Add a version to an evaluator; it is the latest at once.

        Args:
            evaluator: The evaluator, by name or ID.
            commit_message: What changed.
            space: Where the name is looked up.
            code_config: The code, for code evaluators.
            template_config: The prompt and the model, for template evaluators.
        """
        version = given(
            commit_message=commit_message,
            code_config=code_config,
            template_config=template_config,
        )
        body = version_body(version)
        evaluator_id = self._find.evaluator(evaluator, space)
        return self._session.send(api.evaluators.create_evaluator_version(evaluator_id, body=body))

    def delete_versions(
        self, *, evaluator: str, version_ids: Sequence[str], space: str | None = None
    ) -> models.DeleteEvaluatorVersionsResponse:
        """Delete versions of an evaluator, all that are named or none.

        Args:
            evaluator: The evaluator, by name or ID.
            version_ids: 1 to 100 IDs; those that are no versions of it are listed as such.
            space: Where the name is looked up.

        Raises:
            Conflict: None would be left, or a task is held to one of them.
        """
        body = build(models.DeleteEvaluatorVersionsRequest, {"version_ids": version_ids})
        evaluator_id = self._find.evaluator(evaluator, space)
        return self._session.send(api.evaluators.delete_evaluator_versions(evaluator_id, body=body))

    def _create(
        self,
        kind: str,
        name: str,
        space: str,
        description: str | None,
        version: Mapping[str, object],
    ) -> models.EvaluatorWithVersion:
        members = given(
            name=name,
            space_id=space,
            type=kind,
            description=description,
            version=version_body(version),
        )
        build(models.CreateEvaluatorRequest, members, arguments={"space_id": "space"})
        members["space_id"] = self._find.space(space)
        body = build(models.CreateEvaluatorRequest, members)
        return self._session.send(api.evaluators.create_evaluator(body=body))
