"""Judging rows: by code that comes with the server or that users write, and by language models.

evaluator = build_evaluator(code_config, column_mappings=None, sandbox=sandbox)
outcomes = await evaluator.evaluate([{"output": "yes", "expected": "no"}])
"""

from evalwright_server.evaluators.build import Evaluator, build_evaluator, check_code_config
from evalwright_server.evaluators.config import ConfigError
from evalwright_server.evaluators.custom import EvaluationLimits
from evalwright_server.evaluators.results import EvaluationError, EvaluationResult, Outcome
from evalwright_server.evaluators.template import TemplateEvaluator, build_template_evaluator
from evalwright_server.evaluators.template_config import check_template_config

__all__ = [
    "ConfigError",
    "EvaluationError",
    "EvaluationLimits",
    "EvaluationResult",
    "Evaluator",
    "Outcome",
    "TemplateEvaluator",
    "build_evaluator",
    "build_template_evaluator",
    "check_code_config",
    "check_template_config",
]
