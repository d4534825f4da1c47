"""Rules for versions of evaluators."""

from collections.abc import Mapping

from evalwright._errors.invalid import FieldError
from evalwright._fields import build, refuse
from evalwright_api import models


def version_body(
    members: Mapping[str, object],
) -> models.EvaluatorVersionCodeCreate | models.EvaluatorVersionTemplateCreate:
    """Make the body of a new version.

    Raises:
        InvalidRequest: Not exactly one kind of configuration was given, or it does not fit.
    """
    if ("code_config" in members) == ("template_config" in members):
        refuse(
            [FieldError("code_config", "or template_config: pass exactly one, as the evaluator is")]
        )
    if "code_config" in members:
        return build(models.EvaluatorVersionCodeCreate, members)
    return build(models.EvaluatorVersionTemplateCreate, members)
