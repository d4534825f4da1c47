"""Secrets at rest: sealed before they reach the database, opened only where they are used."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

KEY_FILE: Final = "secret.key"
"""Name of the key's file in the data directory."""


class SecretKeyError(Exception):
    """The key can't be read, made or used; the text says what to do."""


class SecretBox:
    """Seals texts with a key that is not in the database.

    Several keys may be given while an old one is being replaced: the first one seals, all open.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise SecretKeyError(
                "the secret key is unusable: expected 32 bytes in URL-safe base64, as printed by "
                "python -c 'from cryptography.fernet import Fernet; "
                "print(Fernet.generate_key().decode())'"
            ) from error

    @classmethod
    def from_directory(cls, directory: Path) -> Self:
        """Use the key in a data directory, made on first use and readable by its owner only.

        Raises:
            SecretKeyError: The file can't be read or written, or holds no key.
        """
        path = directory / KEY_FILE
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                _write_new_key(path)
            return cls([path.read_text(encoding="ascii").strip()])
        except OSError as error:
            raise SecretKeyError(
                f"the secret key {path} can't be used ({error.strerror}): give this user the right "
                "to read and write it, choose another directory with --data, or set "
                "EVALWRIGHT_SECRET_KEY"
            ) from error

    def seal(self, text: str) -> bytes:
        """Return a text encrypted and authenticated."""
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """Return what was sealed.

        Raises:
            SecretKeyError: It was sealed with another key, or has been tampered with.
        """
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise SecretKeyError(
                "a stored secret can't be opened with this server's key: restore the key it was "
                "sealed with, or store the secret again"
            ) from error


def _write_new_key(path: Path) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(Fernet.generate_key())
