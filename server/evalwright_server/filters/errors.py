"""What is wrong with a filter."""

from typing import Final

ALLOWED: Final = (
    "Allowed are =, !=, <>, <, <=, >, >=, [NOT] IN (...), [NOT] LIKE, IS [NOT] NULL, AND, OR, NOT"
    " and parentheses, over columns, 'texts', numbers, TRUE and FALSE."
)


class FilterError(ValueError):
    """A text that is no filter.

    Attributes:
        message: What is wrong and what would be right.
        position: Where, in characters from the start of the text.
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (at character {position + 1})")
        self.message = message
        self.position = position
