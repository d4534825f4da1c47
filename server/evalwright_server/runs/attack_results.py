"""Results of attacks, as they are stored."""

from typing import Final

from evalwright_server.evaluators.results import storable
from evalwright_server.red_team import Verdict
from evalwright_server.runs.sources.analysis_results import ItemResult

SUCCEEDED, RESISTED, ERROR = "succeeded", "resisted", "error"
LONGEST_ANSWER: Final = 100_000
"""Characters of an answer that are kept."""
_LONGEST_REASON: Final = 2_000


def judged(position: int, answer: str, verdict: Verdict, tokens: int = 0) -> ItemResult:
    """Return the result of an attack that was answered."""
    result = {
        "status": SUCCEEDED if verdict.succeeded else RESISTED,
        "response": storable(answer, LONGEST_ANSWER),
        "explanation": storable(verdict.explanation),
        "evidence": storable(verdict.evidence),
        "error": None,
    }
    return ItemResult(position, ItemResult.SCORED, result, tokens)


def unanswered(position: int, reason: str) -> ItemResult:
    """Return the result of an attack that could not be run; it doesn't count."""
    result = {
        "status": ERROR,
        "response": "",
        "explanation": "",
        "evidence": "",
        "error": storable(reason, _LONGEST_REASON),
    }
    return ItemResult(position, ItemResult.FAILED, result)
