"""A judge over real HTTP whose provider is scripted."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from evalwright_server.judging import Judge
from evalwright_server.models import Integration, Models
from evalwright_server.models.retry import RetryPolicy
from scripted_models import ScriptedModels

Judging: TypeAlias = Callable[..., AbstractAsyncContextManager[Judge]]


@pytest.fixture
def judging(models: ScriptedModels, tmp_path: Path) -> Judging:
    """A function that opens a judge; `cache` keeps its answers, `changes` are of its access."""

    @asynccontextmanager
    async def opened(
        *, cache: bool = False, scope: str = "test", is_fresh: bool = False, **changes: Any
    ) -> AsyncIterator[Judge]:
        members = {"id": 1, "name": "scripted", "provider": "custom", "api_key": "sk-test-0123"}
        access = Integration(**{**members, "base_url": models.url, **changes})
        path = tmp_path / "answers.db" if cache else None
        async with Models.open(path, RetryPolicy(attempts=1)) as reach:
            yield Judge(reach.client(access), "small", scope=scope, is_fresh=is_fresh)

    return opened
