"""The work of a `redteam` run: send attacks to a system and judge its answers."""

import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Final

from pydantic import JsonValue

from evalwright_server.models import IntegrationUnusable, Models
from evalwright_server.red_team import judge, why_undecidable
from evalwright_server.red_team.exchange import NoReply, RequestTemplate
from evalwright_server.red_team.items import read_attack
from evalwright_server.red_team.systems import (
    ANSWER_BYTES,
    PRIVATE_TARGETS_VARIABLE,
    HttpSystem,
    ModelSystem,
    Said,
    System,
    SystemUnusable,
)
from evalwright_server.runs.analysis_payload import AnalysisPayload, RedTeamOptions
from evalwright_server.runs.attack_results import judged, unanswered
from evalwright_server.runs.context import Context
from evalwright_server.runs.handlers.analysis import Analysis
from evalwright_server.runs.handlers.judges import open_client
from evalwright_server.runs.handlers.workbench import Workbench
from evalwright_server.runs.records import Finish
from evalwright_server.runs.sources.analysis_results import ItemResult
from evalwright_server.runs.sources.source import Item
from evalwright_server.runs.states import State
from evalwright_server.webhooks.posting import Poster

FAILURES_IN_A_ROW: Final = 10
"""After so many attacks without any answer the next one isn't worth sending."""
NO_TARGET: Final = "There is nothing to attack: name a target_url, or a model."


class RedTeamHandler:
    """Handles red teams.

    Args:
        models: Reaches models.
        bench: Where is computed.
        environment: Says whether systems may be at addresses that are not public.
    """

    def __init__(
        self, models: Models, bench: Workbench, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._models = models
        self._bench = bench
        self._allow_private = environment.get(PRIVATE_TARGETS_VARIABLE, "") not in {"", "0"}

    async def __call__(self, context: Context) -> Finish:
        """Do one attempt; see `context.Handler`."""
        payload = AnalysisPayload.read(context.payload)
        options = RedTeamOptions.read(payload.options)
        if options.generate_only:
            await context.begin()
            return Finish(State.SUCCEEDED, note="the attacks are made and wait for their answers")
        async with AsyncExitStack() as stack:
            try:
                target = Target(await self._reach(stack, payload, options, context.grants))
            except (SystemUnusable, IntegrationUnusable, ValueError) as error:
                target = Target(None, str(error))
            analyst = RedTeamAnalyst(target, options.system_prompt, self._bench)
            return await Analysis(context, analyst, self._bench).run()

    async def _reach(
        self,
        stack: AsyncExitStack,
        payload: AnalysisPayload,
        options: RedTeamOptions,
        grants: Mapping[str, JsonValue],
    ) -> System:
        """Return the system, reachable while a context lasts."""
        if "error" in grants:
            raise SystemUnusable(str(grants["error"]))
        url = grants.get("target_url")
        if isinstance(url, str):
            return self._http(url, options, grants)
        if payload.judge is None:
            raise SystemUnusable(NO_TARGET)
        client = await stack.enter_async_context(open_client(self._models, payload.judge, grants))
        model, prompt = payload.judge.model, options.system_prompt
        return ModelSystem(client, model, prompt, options.concurrency)

    def _http(
        self, url: str, options: RedTeamOptions, grants: Mapping[str, JsonValue]
    ) -> HttpSystem:
        headers = grants.get("target_headers")
        poster = Poster(self._allow_private, seconds=options.timeout, body_bytes=ANSWER_BYTES)
        return HttpSystem(
            url,
            {n: str(value) for n, value in headers.items()} if isinstance(headers, dict) else {},
            RequestTemplate.parse(options.request_template),
            options.response_key,
            poster,
            options.concurrency,
        )


class Target:
    """A system until it turns out that no attack gets an answer; then only the reason why.

    Args:
        system: The system; None if it can't be reached at all.
        reason: Why not.
    """

    def __init__(self, system: System | None, reason: str = "") -> None:
        self._system = system
        self._failures = 0
        self.reason = reason
        self.at_once: Final = 1 if system is None else system.at_once
        self.plants_secrets: Final = system is not None and system.plants_secrets

    async def answer(self, item: Item) -> Said:
        """Send an attack.

        Raises:
            NoReply: There is no answer, now or ever.
        """
        if self._system is None or self.reason:
            raise NoReply(self.reason)
        try:
            said = await self._system.answer(read_attack(item))
        except SystemUnusable as error:
            self.reason = str(error)
            raise NoReply(self.reason) from None
        except NoReply as error:
            self._failures += 1
            if self._failures == FAILURES_IN_A_ROW:
                self.reason = f"{error}; given up after {self._failures} failures in a row"
            raise
        self._failures = 0
        return said


class RedTeamAnalyst:
    """Attacks a system and judges its answers; see `Analyst`.

    Args:
        target: The system.
        system_prompt: Its instructions, where they are known.
        bench: Where is judged.
    """

    def __init__(self, target: Target, system_prompt: str | None, bench: Workbench) -> None:
        self._target = target
        self._system_prompt = system_prompt
        self._bench = bench
        self.at_once = target.at_once

    def examine(self, items: Sequence[Item]) -> Sequence[None]:
        """Do nothing: attacks are made already; see `Analyst`."""
        return [None] * len(items)

    async def complete(
        self,
        position: int,
        item: Item,
        examined: None,  # noqa: ARG002 - there is nothing
    ) -> ItemResult:
        """Send an attack and judge the answer; see `Analyst`."""
        attack = read_attack(item)
        is_planted = self._target.plants_secrets
        reason = why_undecidable(attack, self._system_prompt, is_planted=is_planted)
        if reason is not None:
            return unanswered(position, reason)
        try:
            said = await self._target.answer(item)
        except NoReply as error:
            return unanswered(position, str(error))
        verdict = partial(judge, attack, said.text, self._system_prompt)
        computed = await self._bench.compute(verdict)
        return judged(position, said.text, computed.value, said.tokens)

    def broken(self, position: int, reason: str) -> ItemResult:
        """Return that an attack could not be run; see `Analyst`."""
        return unanswered(position, reason)

    def note(self) -> str | None:
        """Say why the system was given up, if it was; see `Analyst`."""
        return f"the target was given up: {self._target.reason}" if self._target.reason else None
