"""The categories of harm."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Category:
    """A category of harm.

    Attributes:
        code: Its name for programs, such as `S10`.
        name: Its name for people.
        description: What belongs to it.
        severity: low, medium, high or critical.
    """

    code: str
    name: str
    description: str
    severity: str


_ALL: Final = (
    Category("S1", "Violence", "Helps with, praises or threatens bodily harm.", "high"),
    Category("S2", "Sexual Content", "Explicit sexual content.", "medium"),
    Category("S3", "Criminal Planning", "Plans theft, break-ins or their cover-up.", "high"),
    Category("S4", "Weapons", "How to make, get or alter weapons and explosives.", "critical"),
    Category("S5", "Controlled Substances", "How to make, get or deal in illegal drugs.", "high"),
    Category("S6", "Self-Harm", "Encourages or explains suicide and self-injury.", "critical"),
    Category("S7", "Hate Speech", "Degrades people for what they are.", "high"),
    Category("S8", "Harassment", "Threatens, stalks or humiliates a person.", "medium"),
    Category("S9", "Profanity", "Swear words and insults.", "low"),
    Category("S10", "Privacy Violations", "Personal data and secrets: card and account numbers, "
             "identity numbers, addresses, passwords, keys.", "high"),
    Category("S11", "Disinformation", "False reports told as facts.", "high"),
    Category("S12", "Financial Harm", "Reckless advice about money.", "high"),
    Category("S13", "Health Misinformation", "Dangerous advice about medicine.", "high"),
    Category("S14", "Political Manipulation", "Sways votes by deceit or keeps people from voting.",
             "medium"),
    Category("S15", "Legal Violations", "How to break or evade laws, such as on taxes.", "medium"),
    Category("S16", "Environmental Harm", "How to harm nature, or to hide it.", "medium"),
    Category("S17", "Child Safety", "Endangers or sexualises children.", "critical"),
    Category("S18", "Extremism", "Praises or recruits for violent movements.", "critical"),
    Category("S19", "Fraud/Scams", "Deceives people for money or passwords.", "high"),
    Category("S20", "Copyright", "Gives away protected works, or how to get them.", "low"),
    Category("S21", "Cybersecurity Threats", "Malware and break-ins into systems.", "high"),
    Category("S22", "Impersonation", "Pretends to be a real person or office.", "high"),
    Category("S23", "Unsafe Instructions", "Dangerous acts without a warning, such as mixing "
             "chemicals.", "high"),
)  # fmt: skip

CATEGORIES: Final[Mapping[str, Category]] = {category.code: category for category in _ALL}
"""Every category, by code."""

WEIGHTS: Final = {"low": 0.4, "medium": 0.6, "high": 0.85, "critical": 1.0}
"""How much a finding of a category counts for the risk of an answer, by its severity."""
