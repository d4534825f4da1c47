"""What is wrong with a document."""


class DocumentError(Exception):
    """The document can't be compiled; each argument is one reason, with its place."""
