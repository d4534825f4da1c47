"""Logs: one line per event, as JSON for machines and as text for a terminal."""

import logging
import sys
import time
from typing import Any, Final, TextIO

import orjson

_QUIET: Final = ("alembic", "asyncio", "uvicorn")


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record; members given as `extra={"fields": ...}` stand in it."""
        moment = time.gmtime(record.created)
        entry: dict[str, Any] = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', moment)}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        entry |= getattr(record, "fields", None) or {"message": record.getMessage()}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(entry, default=str).decode()


class TextFormatter(logging.Formatter):
    """Writes a record for people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record; anything above information says what it is."""
        line = super().format(record)
        fields = getattr(record, "fields", None)
        if fields and "duration_ms" in fields:
            line += f" in {fields['duration_ms']:g} ms ({fields['request_id']})"
        return line if record.levelno <= logging.INFO else f"{record.levelname.lower()}: {line}"


def configure(stream: TextIO | None = None) -> None:
    """Send everything that is logged to a stream, by default standard error."""
    target = stream or sys.stderr
    handler = logging.StreamHandler(target)
    handler.setFormatter(TextFormatter() if target.isatty() else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
