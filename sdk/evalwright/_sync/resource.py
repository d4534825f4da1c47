# Generated from sdk/evalwright/_async/resource.py by scripts/unasync.py: do not edit.
"""What all resource clients have in common."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self, TypeVar

from evalwright._config import DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT, load_config
from evalwright._lookups import Listing
from evalwright._sync.finder import Finder
from evalwright._sync.session import Session
from evalwright_api.types import Request

_L = TypeVar("_L", bound=Listing)
_T = TypeVar("_T")


class Resource:
    """A client for one kind of resource, on its own or as part of `Evalwright`.

    Args:
        base_url: Where the server is; else EVALWRIGHT_BASE_URL, else http://127.0.0.1:8000.
        api_key: The credential; else EVALWRIGHT_API_KEY, else none, which a server on this
            machine accepts.
        timeout: Seconds for a whole call, retries included.
        max_retries: How often a call that failed in passing is repeated, if it can't do harm.
        headers: Further headers for every request.

    Raises:
        InvalidRequest: Naming every argument that can't work.
    """

    def __init__(
        self,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_MAX_RETRIES,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        config = load_config(
            base_url=base_url,
            api_key=api_key,
            timeout=timeout,
            max_retries=max_retries,
            headers=headers,
        )
        self._attach(Session(config), owned=True)

    @classmethod
    def _attached(cls, session: Session) -> Self:
        client = cls.__new__(cls)
        client._attach(session, owned=False)
        return client

    def _attach(self, session: Session, *, owned: bool) -> None:
        self._session = session
        self._find = Finder(session)
        self._owned = owned

    def close(self) -> None:
        """Give the connections back; a client that is part of another leaves that to it."""
        if self._owned:
            self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _iterate(
        self,
        request: Callable[[str | None], Request[_L]],
        rows: Callable[[_L], Sequence[_T]],
    ) -> Iterator[_T]:
        cursor: str | None = None
        while True:
            page = self._session.send(request(cursor))
            yield from rows(page)
            following = page.pagination.next_cursor
            # A server that hands out the same cursor again would keep us here for ever.
            if not following or following == cursor:
                return
            cursor = following
