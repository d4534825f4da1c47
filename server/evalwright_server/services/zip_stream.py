"""A zip archive that comes out while it is made."""

from datetime import UTC, datetime
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_FIRST_MOMENT: Final = datetime(1980, 1, 1, tzinfo=UTC)
_ORDINARY_FILE: Final = 0o100644 << 16
_ON_UNIX: Final = 3


class ZipStream:
    """Takes files in pieces, and returns what there is of the archive after each step.

    The same files give the same bytes.

    Args:
        moment: The time that every file gets.
    """

    def __init__(self, moment: datetime) -> None:
        self._sink = _Sink()
        self._zip = ZipFile(self._sink, "w", ZIP_DEFLATED)  # type: ignore[call-overload]
        self._moment = max(moment, _FIRST_MOMENT).timetuple()[:6]
        self._file: IO[bytes] | None = None

    def begin(self, name: str, size: int) -> bytes:
        """Begin a file of so many bytes."""
        info = ZipInfo(name, self._moment)
        info.compress_type = ZIP_DEFLATED
        info.create_system = _ON_UNIX
        info.external_attr = _ORDINARY_FILE
        info.file_size = size
        self._file = self._zip.open(info, "w")
        return self._sink.take()

    def write(self, piece: bytes) -> bytes:
        """Add some of the file that was begun."""
        if self._file is None:
            raise ValueError("no file was begun")
        self._file.write(piece)
        return self._sink.take()

    def end(self) -> bytes:
        """End the file that was begun."""
        if self._file is not None:
            self._file.close()
            self._file = None
        return self._sink.take()

    def close(self) -> bytes:
        """End the archive; doing it twice is no mistake."""
        self.end()
        self._zip.close()
        return self._sink.take()


class _Sink:
    """What zipfile writes to: a stream that can't be gone back in."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, piece: bytes) -> int:
        self._written += piece
        return len(piece)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken
