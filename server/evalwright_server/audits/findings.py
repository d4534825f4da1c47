"""What an audit finds in a text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something harmful in a text.

    Attributes:
        category: Code of the category of harm.
        detector: What found it: `pattern`, `prototype`, or the check of a number such as `luhn`.
        confidence: How sure that is, from 0 to 1.
        start: Where it begins in the text.
        snippet: The text, with personal data masked.
    """

    category: str
    detector: str
    confidence: float
    start: int
    snippet: str
