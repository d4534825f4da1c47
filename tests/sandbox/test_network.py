"""Jobs that may reach something: through the proxy, from inside a sandbox, for real."""

import json
from collections.abc import AsyncIterator
from textwrap import dedent
from typing import Any

import pytest
import pytest_asyncio

from egress.conftest import Destination
from evalwright_server.egress import NetworkPolicy
from evalwright_server.egress.variables import OWN_PORT_VARIABLE
from evalwright_server.sandbox import Sandbox, SandboxJob, SandboxLimits

pytestmark = pytest.mark.slow

ASK = """
import json, os, socket, urllib.error, urllib.request

def ask(url, direct=False):
    handler = urllib.request.ProxyHandler({} if direct else None)
    try:
        return urllib.request.build_opener(handler).open(url, timeout=10).read().decode()
    except urllib.error.HTTPError as error:
        return error.code
    except OSError as error:
        return "unreachable"

found = {}
"""


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(warm=1) as opened:
        yield opened


@pytest_asyncio.fixture
async def destination() -> AsyncIterator[Destination]:
    async with Destination.serving() as found:
        yield found


async def find(sandbox: Sandbox, body: str, *allow: str) -> Any:
    """Run code that fills `found`; return that."""
    script = f"{ASK}{dedent(body)}\nprint(json.dumps(found))"
    network = NetworkPolicy(allow) if allow else None
    result = await sandbox.run(
        SandboxJob(script, network=network, limits=SandboxLimits(wall_seconds=30))
    )
    assert result.exit_code == 0, result
    return json.loads(result.stdout)


async def test_a_job_reaches_what_is_listed_and_nothing_else(
    sandbox: Sandbox, destination: Destination
) -> None:
    listed = f"http://127.0.0.1:{destination.port}/"
    body = f"""
    found["listed"] = ask("{listed}")
    found["directly"] = ask("{listed}", direct=True)
    found["other port"] = ask("http://127.0.0.1:{destination.port % 65535 + 1}/")
    found["neighbourhood"] = ask("http://169.254.169.254/latest/meta-data/")
    found["by another name"] = ask("http://localhost:{destination.port}/")
    """
    assert await find(sandbox, body, f"127.0.0.1:{destination.port}") == {
        "listed": "hello",
        "directly": "unreachable",
        "other port": 403,
        "neighbourhood": 403,
        "by another name": 403,
    }


async def test_a_sandbox_that_stood_ready_has_the_same_way_out(
    sandbox: Sandbox, destination: Destination
) -> None:
    """It was made before its job's allow-list was known."""
    body = f'found["listed"] = ask("http://127.0.0.1:{destination.port}/")'
    for _ in range(3):
        found = await find(sandbox, body, f"127.0.0.1:{destination.port}")
        assert found == {"listed": "hello"}


async def test_other_jobs_have_no_proxy(sandbox: Sandbox, destination: Destination) -> None:
    body = f"""
    found["variables"] = [name for name in os.environ if "proxy" in name.lower()]
    found["listed for others"] = ask("http://127.0.0.1:{destination.port}/")
    with socket.socket() as probe:
        found["proxy"] = probe.connect_ex(("127.0.0.1", 3128)) != 0
    """
    assert await find(sandbox, body) == {
        "variables": [],
        "listed for others": "unreachable",
        "proxy": True,
    }


async def test_the_servers_own_port_is_out_of_reach_even_if_it_is_listed(
    sandbox: Sandbox, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key, the server takes what comes from this machine for its owner's."""
    monkeypatch.setenv(OWN_PORT_VARIABLE, str(destination.port))
    body = f'found["own"] = ask("http://127.0.0.1:{destination.port}/")'
    assert await find(sandbox, body, f"127.0.0.1:{destination.port}") == {"own": 403}
    assert destination.requests == []
