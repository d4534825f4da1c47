"""The lines that a job writes, put together from the pieces they come in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from evalwright_api import models


class OutputLine(NamedTuple):
    """A line that a job wrote."""

    stream: str
    """Where to: `stdout` or `stderr`."""

    text: str
    """The line without its end."""


@dataclass(slots=True)
class Lines:
    """The pieces of lines that are not complete yet."""

    attempt: int = 0
    rest: dict[str, str] = field(default_factory=dict)

    def feed(self, event: models.JobEvent) -> Iterator[OutputLine]:
        """Take the next event and give the lines that are complete."""
        if event.attempt != self.attempt:  # what another worker had begun comes again
            self.attempt = event.attempt
            self.rest.clear()
        if event.stream is None or event.text is None:
            return
        stream = str(event.stream)
        # Not splitlines: progress bars write carriage returns, which end no line.
        *lines, self.rest[stream] = (self.rest.get(stream, "") + event.text).split("\n")
        for line in lines:
            yield OutputLine(stream, line)

    def close(self) -> Iterator[OutputLine]:
        """Give what no line's end followed."""
        for stream, text in self.rest.items():
            if text:
                yield OutputLine(stream, text)
        self.rest.clear()
