"""The part of SQL that sqlglot is let know.

Without its hundreds of keywords and functions, words such as `order`, `date` or `if` are ordinary
column names, and the odd corners of the parser stay out of reach of what users write.
"""

from typing import ClassVar, Final

from sqlglot import Tokenizer as SqlTokenizer
from sqlglot import TokenType
from sqlglot.dialects.dialect import Dialect
from sqlglot.parser import Parser as SqlParser

WORDS: Final = {
    "AND": TokenType.AND,
    "OR": TokenType.OR,
    "NOT": TokenType.NOT,
    "IN": TokenType.IN,
    "IS": TokenType.IS,
    "LIKE": TokenType.LIKE,
    "NULL": TokenType.NULL,
    "TRUE": TokenType.TRUE,
    "FALSE": TokenType.FALSE,
}
SIGNS: Final = {
    "==": TokenType.EQ,
    "!=": TokenType.NEQ,
    "<>": TokenType.NEQ,
    "<=": TokenType.LTE,
    ">=": TokenType.GTE,
}
"""Those of more than one character."""


class FilterDialect(Dialect):
    """SQL without statements, functions and types."""

    class Tokenizer(SqlTokenizer):
        """Knows few words."""

        KEYWORDS = WORDS | SIGNS

    class Parser(SqlParser):
        """Knows no functions."""

        FUNCTIONS: ClassVar = {}
        FUNCTION_PARSERS: ClassVar = {}
        NO_PAREN_FUNCTIONS: ClassVar = {}
        NO_PAREN_FUNCTION_PARSERS: ClassVar = {}
        STATEMENT_PARSERS: ClassVar = {}
