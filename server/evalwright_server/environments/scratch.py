"""The installer's cache, for the time of one installation."""

import secrets
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from evalwright_server.environments.layout import UNFINISHED, Layout
from evalwright_server.environments.leases import share
from evalwright_server.environments.settings import PackageSettings
from evalwright_server.environments.trees import remove


class Scratch:
    """A cache to use.

    All installations share one as long as only the installer itself writes to it. Where packages
    are built, their code could leave something for the next, so each has a cache of its own.

    Attributes:
        cache: The folder.
    """

    def __init__(self, layout: Layout, settings: PackageSettings) -> None:
        """Choose; the folder is there while the context lasts."""
        self._shared = not settings.source_builds
        self.cache: Path = layout.cache
        if not self._shared:
            self.cache = layout.packages / f"cache{UNFINISHED}{secrets.token_hex(4)}"
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        while True:
            self.cache.mkdir(exist_ok=True)
            self.cache.chmod(0o755)
            lease = share(self.cache)
            if lease is not None:
                self._stack.enter_context(lease)
                return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if not self._shared:
            remove(self.cache)
        self._stack.close()
