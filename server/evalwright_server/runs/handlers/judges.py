"""Access to the judge of an analysis, for as long as it answers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, TypeVar

from pydantic import JsonValue

from evalwright_server.judging import Judge
from evalwright_server.models import Integration, IntegrationUnusable, ModelClient, Models
from evalwright_server.runs.analysis_payload import AnalysisPayload, EngineChoice, JudgeUse

T = TypeVar("T")

ALONE: Final = 1
NO_JUDGE: Final = (
    "This needs a judge, and there is none: name a model with `judge`, or send the key of one."
)


class JudgeLine:
    """A judge until it turns out that no question gets an answer; then only the reason why.

    Args:
        judge: The judge; None without one.
        reason: Why there is none.
    """

    def __init__(self, judge: Judge | None, reason: str = NO_JUDGE) -> None:
        self._judge = judge
        self._reason = "" if judge is not None else reason
        self.at_once: Final = ALONE if judge is None else judge.at_once

    @property
    def reason(self) -> str:
        """Why no question gets an answer; empty while some do."""
        return self._reason

    async def ask(self, question: Callable[[Judge], Awaitable[T]]) -> T:
        """Ask a question.

        Raises:
            NoAnswer: This question had none.
            IntegrationUnusable: None will have any.
        """
        if self._judge is None or self._reason:
            raise IntegrationUnusable(self._reason)
        try:
            return await question(self._judge)
        except IntegrationUnusable as error:
            self._reason = str(error)
            raise


@asynccontextmanager
async def open_client(
    models: Models, use: JudgeUse, grants: Mapping[str, JsonValue]
) -> AsyncIterator[ModelClient]:
    """Reach the model of an analysis while the context lasts.

    Raises:
        IntegrationUnusable: It can't be reached.
    """
    if "error" in grants:
        raise IntegrationUnusable(str(grants["error"]))
    granted = grants.get("judge")
    integration = Integration.from_grant(granted if isinstance(granted, dict) else None)
    try:
        yield models.client(integration)
    finally:
        if use.integration is None:
            # Its key came with a request and is not to outlive it.
            await models.forget(integration.id)


@asynccontextmanager
async def open_line(
    models: Models,
    payload: AnalysisPayload,
    grants: Mapping[str, JsonValue],
    engine: EngineChoice,
    scope: str,
) -> AsyncIterator[JudgeLine | None]:
    """Reach the judge of an analysis; None if none is to take part.

    Args:
        models: Reaches models.
        payload: What is to be done.
        grants: What came with the claim.
        engine: Whether a judge takes part.
        scope: Whose answers may be used again.
    """
    use = payload.judge
    if engine is EngineChoice.OFFLINE or (engine is EngineChoice.AUTO and use is None):
        yield None
        return
    if use is None:
        yield JudgeLine(None)
        return
    async with AsyncExitStack() as stack:
        try:
            client = await stack.enter_async_context(open_client(models, use, grants))
            line = JudgeLine(Judge(client, use.model, scope=scope))
        except IntegrationUnusable as error:
            line = JudgeLine(None, str(error))
        yield line
