"""What all resource clients have in common."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from types import TracebackType
from typing import Self, TypeVar

from evalwright._async.finder import AsyncFinder
from evalwright._async.session import AsyncSession
from evalwright._config import DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT, load_config
from evalwright._lookups import Listing
from evalwright_api.types import Request

_L = TypeVar("_L", bound=Listing)
_T = TypeVar("_T")


class AsyncResource:
    """A client for one kind of resource, on its own or as part of `AsyncEvalwright`.

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
        self._attach(AsyncSession(config), owned=True)

    @classmethod
    def _attached(cls, session: AsyncSession) -> Self:
        client = cls.__new__(cls)
        client._attach(session, owned=False)
        return client

    def _attach(self, session: AsyncSession, *, owned: bool) -> None:
        self._session = session
        self._find = AsyncFinder(session)
        self._owned = owned

    async def aclose(self) -> None:
        """Give the connections back; a client that is part of another leaves that to it."""
        if self._owned:
            await self._session.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _iterate(
        self,
        request: Callable[[str | None], Request[_L]],
        rows: Callable[[_L], Sequence[_T]],
    ) -> AsyncIterator[_T]:
        cursor: str | None = None
        while True:
            page = await self._session.send(request(cursor))
            for row in rows(page):
                yield row
            following = page.pagination.next_cursor
            # A server that hands out the same cursor again would keep us here for ever.
            if not following or following == cursor:
                return
            cursor = following
