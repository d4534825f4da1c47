# Generated from sdk/evalwright/_async/exports.py by scripts/unasync.py: do not edit.
"""Results that can be written to files."""

from os import PathLike
from typing import Any

from evalwright._analyses import formats
from evalwright._analyses.report import Report


class Exports:
    """The part of results that writes them down, with all their items."""

    def report(self) -> Report:
        """Put everything together that can be exported; reads the items from the server."""
        raise NotImplementedError

    def to_json(self, path: str | PathLike[str] | None = None) -> str:
        """Give the result with all its items as JSON.

        Args:
            path: A file to write it to, too.
        """
        return formats.save(formats.as_json(self.report()), path)

    def to_csv(self, path: str | PathLike[str] | None = None) -> str:
        """Give a line for each item, tag or attack.

        Texts that a spreadsheet would take for a formula get an apostrophe in front.

        Args:
            path: A file to write it to, too.
        """
        return formats.save(formats.as_csv(self.report()), path)

    def to_markdown(self, path: str | PathLike[str] | None = None) -> str:
        """Give the figures and what stands out, for people.

        Args:
            path: A file to write it to, too.
        """
        return formats.save(formats.as_markdown(self.report()), path)

    def to_junit(self, path: str | PathLike[str] | None = None) -> str:
        """Give a test case for each score, tag, item or attack, as CI servers read them.

        Scores fail that are below the threshold of their metric, where it has one.

        Args:
            path: A file to write it to, too.
        """
        return formats.save(formats.as_junit(self.report()), path)

    def to_pandas(self) -> Any:  # noqa: ANN401 - pandas may be missing, also for checkers
        """Give a data frame with a row for each item, tag or attack.

        Raises:
            MissingExtra: pandas is not installed.
        """
        return formats.as_frame(self.report())
