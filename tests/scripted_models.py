"""A provider of models for tests: real HTTP on loopback, OpenAI's protocol, made-up answers.

For any test that needs a model, those of other clients too:

    with scripted_models() as models:
        models.script = by_prompt(lambda prompt: judgement("good" if "Paris" in prompt else "bad"))
        ... base_url=models.url ...
        assert len(models.asked) == 3

The fixture `models` does the same. A script is called with each question and returns an answer, or
a text. `models.hold()` keeps answers back until `models.release()`; `models.wait_until_asked(n)`
waits for questions without sleeping.
"""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_SECONDS = 30


@dataclass(frozen=True)
class Question:
    """What was asked.

    Attributes:
        number: How many questions there were before.
        body: The request.
        headers: Its headers, in lower case.
        target: Its path and query.
    """

    number: int
    body: dict[str, Any]
    headers: Mapping[str, str]
    target: str

    @property
    def prompt(self) -> str:
        """The content of the last message."""
        content: str = self.body["messages"][-1]["content"]
        return content

    @property
    def first_prompt(self) -> str:
        """The content of the first message, which stays the same when a repair is asked for."""
        content: str = self.body["messages"][0]["content"]
        return content


@dataclass(frozen=True)
class Answer:
    """What is answered.

    Attributes:
        text: The content of the message.
        arguments: The arguments of a call of the first function offered, or else of `function`.
        function: The name of the function that is called.
        status: The HTTP status; an error's message is `text`.
        headers: Of the answer.
        code: An error's code.
        finish_reason: Why the model stopped.
        refusal: Why it won't answer.
        usage: Tokens of prompt and completion, or None to say nothing about them.
        raw: The whole body, whatever else is set.
    """

    text: str | None = None
    arguments: str | None = None
    function: str | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None
    finish_reason: str = "stop"
    refusal: str | None = None
    usage: tuple[int, int] | None = (7, 3)
    raw: bytes | None = None

    def response(self, question: Question) -> Response:
        """Return it as a provider sends it."""
        headers = dict(self.headers)
        if self.raw is not None:
            return Response(self.raw, self.status, headers)
        if self.status >= 400:
            error = {"message": self.text, "type": "error", "code": self.code, "param": None}
            return JSONResponse({"error": error}, self.status, headers)
        message: dict[str, Any] = {"role": "assistant", "content": self.text}
        if self.refusal is not None:
            message["refusal"] = self.refusal
        if self.arguments is not None:
            offered = question.body.get("tools") or [{"function": {"name": "unknown"}}]
            name = self.function or offered[0]["function"]["name"]
            function = {"name": name, "arguments": self.arguments}
            message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
        body: dict[str, Any] = {
            "id": f"chatcmpl-{question.number}",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": question.body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": self.finish_reason}],
        }
        if self.usage is not None:
            prompt, completion = self.usage
            body["usage"] = {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion,
            }
        return JSONResponse(body, self.status, headers)


Script: TypeAlias = Callable[[Question], Answer | str]
"""What a model says to a question."""


def fixed(answer: Answer | str) -> Script:
    """Always answer the same."""
    return lambda _question: answer


def echo(question: Question) -> str:
    """Answer with the question."""
    return question.prompt


def by_prompt(say: Callable[[str], Answer | str]) -> Script:
    """Answer depending on the first message's text."""
    return lambda question: say(question.first_prompt)


def in_turn(*answers: Answer | str) -> Script:
    """Give these answers one after the other, the last one for good."""
    return lambda question: answers[min(question.number, len(answers) - 1)]


def judgement(label: object, explanation: str | None = "because", **members: Any) -> "Answer":
    """Return a judge's answer, as the arguments of a function; `as_text` puts it into the text."""
    value = {"explanation": explanation, "label": label, **members}
    return Answer(arguments=json.dumps({k: v for k, v in value.items() if v is not None}))


def as_text(answer: Answer) -> Answer:
    """Return a judgement for models without functions."""
    return Answer(text=answer.arguments)


def limited(retry_after: str) -> Answer:
    """Return the answer of a provider that is asked too often."""
    return Answer("slow down", status=429, headers={"Retry-After": retry_after})


class ScriptedModels:
    """A running provider; see the module.

    Attributes:
        script: What is answered; may be changed at any time.
        asked: The questions so far.
        most_at_once: How many were open at the same time, at most.
    """

    def __init__(self) -> None:
        self.script: Script = echo
        self.asked: list[Question] = []
        self.most_at_once = 0
        self.url = ""
        self._open = 0
        self._changed = threading.Condition()
        self._is_held = False
        self._released = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def hold(self) -> None:
        """Keep answers back from now on."""
        self._is_held = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._released.clear)

    def release(self) -> None:
        """Give all answers."""
        self._is_held = False
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._released.set)

    def wait_until_asked(self, count: int) -> None:
        """Return once there were so many questions."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.asked) >= count, _SECONDS), (
                f"only {len(self.asked)} of {count} questions came"
            )

    def forget(self) -> None:
        """Start counting anew."""
        self.asked.clear()
        self.most_at_once = 0

    async def _answer(self, request: Request) -> Response:
        question = Question(
            len(self.asked),
            await request.json(),
            dict(request.headers),
            request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        )
        with self._changed:
            self.asked.append(question)
            self._changed.notify_all()
        self._open += 1
        self.most_at_once = max(self.most_at_once, self._open)
        try:
            if self._is_held:
                await self._released.wait()
            answer = self.script(question)
        finally:
            self._open -= 1
        return (Answer(answer) if isinstance(answer, str) else answer).response(question)

    async def _run(self, ready: "Future[Callable[[], None]]") -> None:
        self._loop = asyncio.get_running_loop()
        self._released = asyncio.Event()
        application = Starlette(
            routes=[Route("/{path:path}", self._answer, methods=["POST"])],
        )
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
            config = uvicorn.Config(
                application, lifespan="off", log_config=None, timeout_graceful_shutdown=1
            )
            server = uvicorn.Server(config)

            def stop() -> None:
                server.should_exit = True

            ready.set_result(stop)
            await server.serve([listener])


@contextmanager
def scripted_models() -> Iterator[ScriptedModels]:
    """Run a provider until the context ends."""
    models = ScriptedModels()
    ready: Future[Callable[[], None]] = Future()
    thread = threading.Thread(
        target=lambda: asyncio.run(models._run(ready)), name="scripted models", daemon=True
    )
    thread.start()
    stop = ready.result(_SECONDS)
    try:
        yield models
    finally:
        models.release()
        stop()
        thread.join(_SECONDS)
    assert not thread.is_alive(), "the scripted models did not stop"


@pytest.fixture
def models() -> Iterator[ScriptedModels]:
    """A provider of this test's own."""
    with scripted_models() as running:
        yield running
