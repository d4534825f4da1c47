"""The proxy against real servers on loopback."""

import asyncio
import json
import socket
import subprocess
import sys
import textwrap
from contextlib import suppress

import pytest

from egress.conftest import Destination, Open
from evalwright_server.egress import NetworkPolicy
from evalwright_server.egress.proxy import HEAD_BYTES, MAX_CONNECTIONS, Proxy
from evalwright_server.egress.route import Router
from evalwright_server.egress.variables import proxy_variables
from evalwright_server.sandbox.bubblewrap import find_bubblewrap


async def test_a_tunnel_leads_to_a_listed_address(
    open_proxy: Open, destination: Destination
) -> None:
    way = await open_proxy(f"127.0.0.1:{destination.port}")
    answer = await way.tunnel("127.0.0.1", destination.port)
    assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK")
    assert destination.requests == [b"GET / HTTP/1.1\r\n\r\n"]
    place = f"127.0.0.1:{destination.port}"
    traffic = way.proxy.traffic
    assert (dict(traffic.connections), traffic.sent) == ({place: 1}, 18)
    assert traffic.received == len(answer) - len(b"HTTP/1.1 200 Connection established\r\n\r\n")


async def test_a_plain_request_is_passed_on_as_the_server_expects_it(
    open_proxy: Open, destination: Destination
) -> None:
    """The host comes from the URL that was checked, not from a field that could say otherwise."""
    place = f"127.0.0.1:{destination.port}"
    way = await open_proxy(place)
    answer = await way.send(
        f"GET http://{place}/a?b=c#d HTTP/1.1\r\nHost: other.example\r\nX-Own: 1\r\n"
        "Proxy-Authorization: Basic c2VjcmV0\r\nConnection: keep-alive\r\n\r\n".encode()
    )
    assert answer.endswith(b"hello")
    assert destination.requests == [
        f"GET /a?b=c HTTP/1.1\r\nHost: {place}\r\nX-Own: 1\r\nConnection: close\r\n\r\n".encode()
    ]


async def test_what_is_not_listed_is_refused_with_the_reason_and_counted(
    open_proxy: Open, destination: Destination
) -> None:
    way = await open_proxy("example.com:443")
    answer = await way.tunnel("127.0.0.1", destination.port)
    place = f"127.0.0.1:{destination.port}"
    assert answer.startswith(f"HTTP/1.1 403 {place} is not on the allow-list\r\n".encode())
    assert dict(way.proxy.traffic.refused) == {place: 1}
    assert destination.requests == []


async def test_a_listed_name_needs_its_loopback_address_listed_too(
    open_proxy: Open, destination: Destination
) -> None:
    port = destination.port
    refused = await open_proxy(f"localhost:{port}")
    assert b"403 localhost stands for an address that is not public" in await refused.tunnel(
        "localhost", port
    )
    allowed = await open_proxy(f"localhost:{port}", f"127.0.0.1:{port}")
    assert b"hello" in await allowed.tunnel("localhost", port)


async def test_the_servers_own_port_is_refused(open_proxy: Open, destination: Destination) -> None:
    way = await open_proxy(f"127.0.0.1:{destination.port}", own_ports=frozenset({destination.port}))
    assert b" 403 " in await way.tunnel("127.0.0.1", destination.port)


async def test_a_server_that_is_not_there_is_told(open_proxy: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    way = await open_proxy(f"127.0.0.1:{port}")
    assert f"HTTP/1.1 502 127.0.0.1:{port} can't be reached".encode() in await way.tunnel(
        "127.0.0.1", port
    )


@pytest.mark.parametrize(
    "request_bytes",
    [b"\x16\x03\x01 hello\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
     b"CONNECT example.com HTTP/1.1\r\n\r\n",
     b"CONNECT example.com:99999 HTTP/1.1\r\n\r\n", b"GET https://example.com/ HTTP/1.1\r\n\r\n",
     b"GET http://[::1/ HTTP/1.1\r\n\r\n", b"CONNECT a\xffb:443 HTTP/1.1\r\n\r\n",
     b"CONNECT a b:443 HTTP/1.1\r\n\r\n", b"GET http://a@b@c:x/ HTTP/1.1\r\n\r\n"],
)  # fmt: skip
async def test_what_is_no_request_to_a_proxy_is_a_bad_request(
    open_proxy: Open, request_bytes: bytes
) -> None:
    way = await open_proxy("*:443")
    assert (await way.send(request_bytes)).startswith(b"HTTP/1.1 400 ")


async def test_an_endless_head_ends_the_connection(open_proxy: Open) -> None:
    way = await open_proxy("*:443")
    reader, writer = await asyncio.open_connection("127.0.0.1", way.port)
    writer.write(b"x" * (2 * HEAD_BYTES + 1))
    with suppress(ConnectionError):  # of what it sent after the end
        assert await reader.read() == b""
    writer.close()


async def test_a_listener_that_comes_after_the_end_is_closed() -> None:
    """A job may be over before the server has taken its socket."""
    proxy = Proxy(Router(NetworkPolicy(())), "a job")
    await proxy.close()
    listener = socket.create_server(("127.0.0.1", 0))
    await proxy.start(listener)
    assert listener.fileno() == -1


async def test_too_many_connections_are_closed_at_once(open_proxy: Open) -> None:
    """A waiting connection would cost the server a descriptor as well."""
    way = await open_proxy("*:443")
    idle = [await asyncio.open_connection("127.0.0.1", way.port) for _ in range(MAX_CONNECTIONS)]
    assert await way.send(b"") == b""
    await way.proxy.close()
    for reader, writer in idle:
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


INSIDE = textwrap.dedent("""
    import json, os, socket, sys, urllib.request
    control = socket.socket(fileno=int(sys.argv[1]))
    listener = socket.create_server(("127.0.0.1", 3128))
    socket.send_fds(control, [b"x"], [listener.fileno()])
    listener.close()
    found = {"proxied": urllib.request.urlopen(sys.argv[2]).read().decode()}
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[3])))
    except OSError as error:
        found["direct"] = type(error).__name__
    print(json.dumps(found))
""")


async def test_a_process_without_network_gets_out_through_its_own_listener(
    open_proxy: Open, destination: Destination
) -> None:
    """The listener lives in the namespace of the other process; only its descriptor comes out."""
    place = f"127.0.0.1:{destination.port}"
    ours, theirs = socket.socketpair()
    bubblewrap = find_bubblewrap()[0].program
    with theirs:
        inside = await asyncio.create_subprocess_exec(
            *(bubblewrap, "--unshare-all", "--die-with-parent", "--dev-bind", "/", "/"),
            *(sys.executable, "-I", "-S", "-c", INSIDE, str(theirs.fileno())),
            *(f"http://{place}/", str(destination.port)),
            pass_fds=[theirs.fileno()],
            stdout=subprocess.PIPE,
            env=proxy_variables(NetworkPolicy((place,))),
        )
    with ours:
        _, (fd,), _, _ = await asyncio.to_thread(socket.recv_fds, ours, 1, 1)
    await open_proxy(place, listener=socket.socket(fileno=fd))
    output, _ = await inside.communicate()
    assert json.loads(output) == {"proxied": "hello", "direct": "ConnectionRefusedError"}


def test_programs_ask_the_proxy_for_the_hosts_loopback_only_if_it_is_listed() -> None:
    """Else 127.0.0.1 is their own."""
    assert "NO_PROXY" not in proxy_variables(NetworkPolicy(("127.0.0.0/8:80",)))
    assert proxy_variables(NetworkPolicy(("example.com:80",)))["NO_PROXY"].startswith("localhost")
