"""Judging rows by code: the evaluators that come with the server, and those users write.

evaluator = build_evaluator(code_config, column_mappings=None, sandbox=sandbox)
outcomes = await evaluator.evaluate([{"output": "yes", "expected": "no"}])
"""

from evalwright_server.evaluators.build import Evaluator, build_evaluator, check_code_config
from evalwright_server.evaluators.config import ConfigError
from evalwright_server.evaluators.custom import EvaluationLimits
from evalwright_server.evaluators.results import EvaluationError, EvaluationResult, Outcome

__all__ = [
    "ConfigError",
    "EvaluationError",
    "EvaluationLimits",
    "EvaluationResult",
    "Evaluator",
    "Outcome",
    "build_evaluator",
    "check_code_config",
]
