"""Attacks as JSON, as they are stored."""

from collections.abc import Mapping, Sequence
from typing import Any

from evalwright_server.red_team.attacks import Attack, make_attacks
from evalwright_server.red_team.canaries import Canary
from evalwright_server.red_team.vectors import VECTORS


def make_items(
    counts: Mapping[str, int], categories: Sequence[str] = (), *, seed: str
) -> list[dict[str, Any]]:
    """Make attacks, vector by vector.

    Args:
        counts: How many attacks of each vector, by its key.
        categories: The categories of harm to aim at; all when empty.
        seed: The same seed makes the same attacks.

    Returns:
        What `read_attack` reads.
    """
    return [
        _write(attack)
        for key, count in counts.items()
        for attack in make_attacks(VECTORS[key], count, categories, seed=seed)
    ]


def _write(attack: Attack) -> dict[str, Any]:
    return {
        "vector": attack.vector,
        "category": attack.category,
        "severity": attack.severity,
        "goal": attack.goal,
        "prompt": attack.prompt,
        "canary": [attack.canary.left, attack.canary.right],
        "aims_at_secret": attack.aims_at_secret,
    }


def read_attack(item: Mapping[str, Any]) -> Attack:
    """Read an attack that `make_items` made."""
    return Attack(
        item["vector"],
        item["category"],
        item["severity"],
        item["goal"],
        item["prompt"],
        Canary(*item["canary"]),
        item["aims_at_secret"],
    )
