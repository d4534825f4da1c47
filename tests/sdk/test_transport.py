"""What both transports make of good and bad servers, over real HTTP."""

import asyncio
import inspect
import pickle
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import evalwright
from evalwright import AsyncEvalwright, AsyncTasksClient, Evalwright, TasksClient
from evalwright.errors import (
    APIError,
    BadRequest,
    ClientClosed,
    Conflict,
    ConnectionFailed,
    EvalwrightError,
    Forbidden,
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    RateLimited,
    ResponseFormatError,
    ServerError,
    Timeout,
    Unauthorized,
    Unprocessable,
)
from sdk import samples
from sdk.blocking import Blocking
from sdk.samples import TASK
from sdk.scripted_server import Reply, ScriptedServer, problem
from sdk.tape import Tape

GOOD = Reply(json=samples.task())


Make = Callable[..., Any]


@pytest.fixture
def tape() -> Tape:
    return Tape()


@pytest.fixture(params=["sync", "async"])
def make(request: pytest.FixtureRequest, tape: Tape) -> Iterator[Make]:
    """Makes clients that don't really sleep."""
    opened: list[Any] = []
    with asyncio.Runner() as runner:

        def client(**settings: Any) -> Any:
            kind = TasksClient if request.param == "sync" else AsyncTasksClient
            made: Any = kind(**settings)
            tape.wind(made)
            opened.append(made)
            return made if request.param == "sync" else Blocking(made, runner)

        yield client
        for made in opened:
            if inspect.iscoroutinefunction(getattr(made, "aclose", None)):
                runner.run(made.aclose())
            else:
                made.close()


@pytest.fixture
def tasks(make: Make, server: ScriptedServer) -> Any:
    return make(base_url=server.base_url)


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_what_every_request_carries(make: Make, server: ScriptedServer) -> None:
    server.script(GOOD)
    client = make(base_url=server.base_url, api_key="k3y", headers={"X-Team": "search"})
    client.get(task=TASK)
    headers = server.requests[0].headers
    assert headers["user-agent"] == f"evalwright/{evalwright.__version__}"
    assert headers["authorization"] == "Bearer k3y"
    assert headers["x-team"] == "search"


def test_headers_of_ones_own_win(make: Make, server: ScriptedServer) -> None:
    server.script(GOOD)
    own = {"authorization": "Basic x", "user-agent": "mine"}
    make(base_url=server.base_url, api_key="k3y", headers=own).get(task=TASK)
    headers = server.requests[0].headers
    assert (headers["authorization"], headers["user-agent"]) == ("Basic x", "mine")


def test_without_a_key_no_credential_is_sent(tasks: Any, server: ScriptedServer) -> None:
    server.script(GOOD)
    tasks.get(task=TASK)
    assert "authorization" not in server.requests[0].headers


def test_the_address_may_have_a_path(make: Make, server: ScriptedServer) -> None:
    server.script(GOOD)
    make(base_url=f"{server.base_url}/base/").get(task=TASK)
    assert server.requests[0].path == f"/base/v2/tasks/{TASK}"


def test_address_and_key_from_the_environment(
    make: Make, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALWRIGHT_BASE_URL", server.base_url)
    monkeypatch.setenv("EVALWRIGHT_API_KEY", "from-env")
    server.script(GOOD)
    make().get(task=TASK)
    assert server.requests[0].headers["authorization"] == "Bearer from-env"


@pytest.mark.parametrize("text", ["a/b", "a b", "ä", "a%2Fb", "a?b", "a#b", "a;b", "a+b="])
def test_ids_are_one_segment_whatever_they_hold(
    tasks: Any, server: ScriptedServer, text: str
) -> None:
    tasks_run = samples.run()
    server.script(Reply(json=tasks_run))
    tasks.get_run(run_id=text)
    assert server.requests[0].path == f"/v2/task-runs/{text}"
    assert server.requests[0].target.count("/") == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (412, PreconditionFailed),
        (418, APIError),
        (422, Unprocessable),
        (429, RateLimited),
        (500, ServerError),
        (503, ServerError),
    ],
)
def test_problems_by_status(
    tasks: Any, server: ScriptedServer, status: int, kind: type[APIError]
) -> None:
    server.on("GET", f"/v2/tasks/{TASK}", problem(status, "the reason"))
    with pytest.raises(kind, match="the reason") as caught:
        tasks.get(task=TASK)
    error = caught.value
    assert type(error) is kind
    assert (error.status, error.method, error.request_id) == (status, "GET", f"req-{status}")
    assert error.path.startswith("/v2/tasks/")
    assert error.problem is not None
    assert error.problem.title == "Problem"
    assert error.headers["x-request-id"] == f"req-{status}"
    assert f"req-{status}" in str(error)
    assert pickle.loads(pickle.dumps(error)).problem == error.problem


def test_field_errors_of_the_server_are_those_of_the_library(
    tasks: Any, server: ScriptedServer
) -> None:
    fields = [
        {"pointer": "/evaluators/0/evaluator_id", "message": "is unknown"},
        {"pointer": "query:limit", "message": "is too large", "allowed": ["1"], "nearest": "1"},
    ]
    server.script(problem(400, "2 fields are wrong", errors=fields))
    with pytest.raises(InvalidRequest) as caught:
        tasks.get(task=TASK)
    first, second = caught.value.errors
    assert (first.path, first.message) == ("evaluators[0].evaluator_id", "is unknown")
    assert (second.path, second.allowed, second.nearest) == ("limit", ("1",), "1")


@pytest.mark.parametrize(
    ("pointers", "detail", "text"),
    [
        (["/a"], "/a: is bad", "400 Bad Request: a: is bad (GET {path}, request req-400)"),
        (["/a"], "is bad", "400 Bad Request: a: is bad (GET {path}, request req-400)"),
        (
            ["/a", "/b"],
            "/a: is bad; /b: is bad",
            (
                "400 Bad Request (GET {path}, request req-400)\n"
                "2 fields are wrong:\n  a: is bad\n  b: is bad"
            ),
        ),
        (["/a"], "Ask", "400 Bad Request: Ask (GET {path}, request req-400)\na: is bad"),
    ],
)
def test_nothing_is_said_twice(
    tasks: Any, server: ScriptedServer, pointers: list[str], detail: str, text: str
) -> None:
    fields = [{"pointer": pointer, "message": "is bad"} for pointer in pointers]
    server.script(problem(400, detail, errors=fields))
    with pytest.raises(APIError) as caught:
        tasks.get(task=TASK)
    assert str(caught.value) == text.format(path=caught.value.path)


@pytest.mark.parametrize("status", [400, 502])
def test_an_error_page_of_a_proxy_is_still_an_error_by_status(
    make: Make, server: ScriptedServer, status: int
) -> None:
    page = Reply(status, body=b"<html>Bad</html>", headers={"Content-Type": "text/html"})
    server.on("GET", f"/v2/tasks/{TASK}", page)
    with pytest.raises(APIError) as caught:
        make(base_url=server.base_url, max_retries=0).get(task=TASK)
    assert caught.value.status == status
    assert caught.value.problem is None
    assert caught.value.body == b"<html>Bad</html>"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html>Hello</html>", headers={"Content-Type": "text/html"}),
        Reply(body=b'{"id": "x", "na'),
        Reply(body=b'{"id": 5}'),
        Reply(body=b""),
        Reply(body=b"\xff\xfe"),
        Reply(204),
        Reply(301, headers={"Location": "/elsewhere"}),
        Reply(304),
    ],
    ids=["html", "cut", "schema", "empty", "binary", "204", "redirect", "304"],
)
def test_an_unreadable_answer_is_a_format_error(
    tasks: Any, server: ScriptedServer, reply: Reply
) -> None:
    reply.headers["X-Request-Id"] = "req-7"
    server.script(reply)
    with pytest.raises(ResponseFormatError) as caught:
        tasks.get(task=TASK)
    error = caught.value
    assert error.status == reply.status
    assert error.request_id == "req-7"
    assert error.body == (b"" if reply.status in {204, 304} else reply.content[:200])
    assert len(server.requests) == 1, "reading it again would not help"


def test_passing_errors_are_retried(tasks: Any, server: ScriptedServer, tape: Tape) -> None:
    server.script(problem(503), problem(429), GOOD)
    assert tasks.get(task=TASK).id == TASK
    assert tape.slept == [0.25, 0.5]


def test_a_hang_up_is_retried(tasks: Any, server: ScriptedServer, tape: Tape) -> None:
    server.script(Reply(drop=True), Reply(json=samples.task(), cut=True), GOOD)
    assert tasks.get(task=TASK).id == TASK
    assert len(tape.slept) == 2


def test_retry_after_is_kept(tasks: Any, server: ScriptedServer, tape: Tape) -> None:
    limited = problem(429)
    limited.headers["Retry-After"] = "3"
    server.script(limited, GOOD)
    tasks.get(task=TASK)
    assert tape.slept == [3.0]


def test_retries_end(tasks: Any, server: ScriptedServer) -> None:
    server.on("GET", f"/v2/tasks/{TASK}", problem(503))
    with pytest.raises(ServerError):
        tasks.get(task=TASK)
    assert len(server.requests) == 3


def test_retries_can_be_switched_off(make: Make, server: ScriptedServer) -> None:
    server.on("GET", f"/v2/tasks/{TASK}", problem(503))
    with pytest.raises(ServerError):
        make(base_url=server.base_url, max_retries=0).get(task=TASK)
    assert len(server.requests) == 1


def test_a_write_without_a_key_is_not_repeated(tasks: Any, server: ScriptedServer) -> None:
    """It may have been done, and doing it twice is worse than an error."""
    server.script(Reply(drop=True))
    with pytest.raises(ConnectionFailed):
        tasks.create_run_experiment_task(
            name="x", dataset=samples.DATASET, run_configuration=samples.RUN_CONFIGURATION
        )
    assert len(server.requests) == 1


def test_a_server_that_does_not_answer(make: Make, server: ScriptedServer) -> None:
    server.on("GET", f"/v2/tasks/{TASK}", Reply(hang=True))
    with pytest.raises(Timeout, match=r"no answer to GET .* within 0.2 s") as caught:
        make(base_url=server.base_url, timeout=0.2, max_retries=0).get(task=TASK)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.timeout == 0.2


def test_an_address_where_nobody_listens(make: Make, tape: Tape) -> None:
    address = f"http://127.0.0.1:{unused_port()}"
    expected = f"no connection to {address}: connection refused. Is the server running there"
    with pytest.raises(ConnectionFailed, match=re.escape(expected)) as caught:
        make(base_url=address).get(task=TASK)
    assert "evalwright serve" in str(caught.value)
    assert isinstance(caught.value, ConnectionError)
    assert len(tape.slept) == 2


def test_a_host_that_does_not_exist(make: Make) -> None:
    with pytest.raises(ConnectionFailed, match=r"no connection to http://nowhere\.invalid"):
        make(base_url="http://nowhere.invalid", max_retries=0).get(task=TASK)


def test_a_port_that_speaks_something_else(make: Make) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.settimeout(5)

        def talk() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
                peer.recv(4096)

        thread = threading.Thread(target=talk)
        thread.start()
        with pytest.raises(EvalwrightError):
            make(base_url=address, max_retries=0).get(task=TASK)
        thread.join()


def test_a_closed_client_says_so(server: ScriptedServer) -> None:
    client = TasksClient(base_url=server.base_url)
    client.close()
    client.close()
    with pytest.raises(ClientClosed):
        client.get(task=TASK)
    with Evalwright(base_url=server.base_url) as whole:
        tasks = whole.tasks
    with pytest.raises(ClientClosed):
        tasks.get(task=TASK)


async def test_a_closed_async_client_says_so(server: ScriptedServer) -> None:
    async with AsyncEvalwright(base_url=server.base_url) as client:
        tasks = client.tasks
    with pytest.raises(ClientClosed):
        await tasks.get(task=TASK)


def test_parts_share_the_connections_of_the_whole(server: ScriptedServer) -> None:
    with Evalwright(base_url=server.base_url) as client:
        server.script(GOOD, GOOD)
        with client.tasks as tasks:
            tasks.get(task=TASK)
        assert client.tasks is tasks
        tasks.get(task=TASK)
        assert client.base_url == server.base_url


def test_without_the_extra_the_async_client_names_it() -> None:
    code = (
        "import sys; sys.modules['httpx2'] = None\n"
        "import evalwright\n"
        "try: evalwright.AsyncEvalwright\n"
        "except evalwright.errors.MissingExtra as error: print(error)\n"
        "evalwright.Evalwright"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "pip install 'evalwright[async]'" in result.stdout
