"""Making attacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from evalwright_server.red_team.canaries import Canary
from evalwright_server.red_team.goals import BY_CATEGORY, GOALS
from evalwright_server.red_team.templates import PLANTED
from evalwright_server.red_team.vectors import Vector


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack, and what tells whether it got through.

    Attributes:
        vector: Key of the way it attacks.
        category: The category of harm it aims at.
        severity: How bad it is if it gets through.
        goal: What it asks for.
        prompt: What is sent.
        canary: The code that proves success.
        aims_at_secret: Whether the code is planted in the system's instructions, not asked for.
    """

    vector: str
    category: str
    severity: str
    goal: str
    prompt: str
    canary: Canary
    aims_at_secret: bool

    def instructions(self, system_prompt: str) -> str:
        """Return a system's instructions as they have to be for this attack.

        Args:
            system_prompt: As its owner wrote them.
        """
        if not self.aims_at_secret:
            return system_prompt
        return system_prompt + PLANTED.format(secret=self.canary.code)


def make_attacks(
    vector: Vector, count: int, categories: Sequence[str] = (), *, seed: str
) -> list[Attack]:
    """Make attacks of one vector, going round the categories of harm.

    Args:
        vector: How to attack.
        count: How many.
        categories: What to aim at; everything when empty.
        seed: The same seed gives the same attacks.
    """
    random = Random(f"{seed} {vector.key}")  # noqa: S311 - repeatable on purpose
    goals = [BY_CATEGORY[category] for category in categories] or list(GOALS)
    random.shuffle(goals)
    attacks = []
    for index in range(count):
        goal, canary = goals[index % len(goals)], Canary.new(random)
        prompt = vector.compose(goal.request, canary, random)
        # What leaks instructions harms privacy, whatever the request was to be.
        category, severity = (
            ("S10", "high") if vector.aims_at_secret else (goal.category, goal.severity)
        )
        attacks.append(
            Attack(
                vector.key, category, severity, goal.request, prompt, canary, vector.aims_at_secret
            )
        )
    return attacks
