"""Requests of webhooks, to a real server on loopback: where they go, and what can't hold them."""

import ipaddress
import logging
from pathlib import Path

import pytest

from evalwright_server.egress.targets import Address
from evalwright_server.webhooks.destination import Destination, DestinationRefused
from evalwright_server.webhooks.posting import Poster, PostFailed, Reply
from webhooks.certificates import make_contexts
from webhooks.receiver import Receiver, answer, hang_up, pour, say_nothing, trickle

ANYWHERE = Poster(allow_private=True)
HEADERS = {"x-kind": "test", "user-agent": "tests"}


class Names:
    """A name server: gives the next answer each time it is asked."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)

    async def __call__(self, _host: str, _port: int) -> list[Address]:
        found = self._answers.pop(0)
        if not found:
            raise OSError(-2, "Name or service not known")
        return [ipaddress.ip_address(text) for text in found]


async def post(poster: Poster, url: str, body: bytes = b"{}") -> Reply:
    return await poster.post(Destination.parse(url), HEADERS, body)


async def test_a_request_arrives_as_it_was_meant() -> None:
    async with Receiver(answer(202, b"thanks", Retry_After="7")) as receiver:
        reply = await post(ANYWHERE, f"{receiver.url}/a%2Fb?c=%20d", b'{"e": 1}')
        [received] = receiver.requests
    assert (reply.status, reply.headers["retry-after"]) == (202, "7")
    assert (received.method, received.target) == ("POST", "/hook/a%2Fb?c=%20d")
    assert received.body == b'{"e": 1}'
    assert received.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "accept-encoding": "identity",
        "connection": "close",
        "content-length": "8",
        "user-agent": "tests",
        "x-kind": "test",
    }


@pytest.mark.parametrize(
    "found",
    [["127.0.0.1"], ["::ffff:127.0.0.1"], ["169.254.169.254", "10.0.0.1"], ["::1"]],
)
async def test_a_name_that_stands_for_a_private_address_gets_nothing(found: list[str]) -> None:
    async with Receiver() as receiver:
        url = f"http://inside.example:{receiver.port}/"
        with pytest.raises(DestinationRefused, match=r"inside\.example is not out on the public"):
            await post(Poster(resolve=Names(found)), url)
        assert receiver.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "127.1", "0x7f.1"])
async def test_no_way_of_writing_loopback_gets_through(host: str) -> None:
    async with Receiver() as receiver:
        with pytest.raises((DestinationRefused, PostFailed)):
            await post(Poster(), f"http://{host}:{receiver.port}/")
        assert receiver.requests == []


async def test_a_name_is_looked_up_once_so_a_second_answer_changes_nothing() -> None:
    """Connecting by the checked address is what foils DNS rebinding."""
    async with Receiver() as receiver:
        names = Names(["127.0.0.1"])
        poster = Poster(allow_private=True, resolve=names)
        await post(poster, f"http://rebound.example:{receiver.port}/")
        assert receiver.requests[0].headers["host"] == f"rebound.example:{receiver.port}"


async def test_the_next_address_is_tried_when_one_lets_nobody_in() -> None:
    async with Receiver() as receiver:
        poster = Poster(allow_private=True, resolve=Names(["127.0.0.2", "127.0.0.1"]))
        assert (await post(poster, f"http://two.example:{receiver.port}/")).status == 204


async def test_redirects_are_answers_and_not_followed() -> None:
    async with Receiver() as inside, Receiver(answer(307, Location=inside.url)) as receiver:
        assert (await post(ANYWHERE, receiver.url)).status == 307
        assert inside.requests == []


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Receiver() as proxy, Receiver() as receiver:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        await post(ANYWHERE, receiver.url)
        assert proxy.requests == []


async def test_https_names_the_host_and_believes_its_certificate_only(tmp_path: Path) -> None:
    server, client = make_contexts("secure.example", tmp_path)
    async with Receiver(tls=server) as receiver:
        names = Names(["127.0.0.1"], ["127.0.0.1"], ["127.0.0.1"])
        poster = Poster(allow_private=True, resolve=names, tls=client)
        url = f"https://secure.example:{receiver.port}/"
        assert (await post(poster, url)).status == 204
        with pytest.raises(PostFailed, match="CERTIFICATE_VERIFY_FAILED"):
            await post(poster, f"https://other.example:{receiver.port}/")
        with pytest.raises(PostFailed, match="CERTIFICATE_VERIFY_FAILED"):
            await post(Poster(allow_private=True, resolve=names), url)
        assert len(receiver.requests) == 1


@pytest.mark.parametrize("script", [say_nothing, trickle])
async def test_who_answers_too_slowly_is_left(script: object) -> None:
    async with Receiver(script) as receiver:  # type: ignore[arg-type]
        with pytest.raises(PostFailed, match=r"no answer within 0\.2 seconds"):
            await post(Poster(allow_private=True, seconds=0.2), receiver.url)


async def test_a_body_without_end_is_not_read_to_its_end() -> None:
    async with Receiver(pour) as receiver:
        assert (await post(ANYWHERE, receiver.url)).status == 200


async def test_a_body_is_kept_where_it_is_wanted_and_not_too_long() -> None:
    keeping = Poster(allow_private=True, body_bytes=10)
    async with Receiver(answer(200, b"0123456789"), pour) as receiver:
        assert (await post(keeping, receiver.url)).body == b"0123456789"
        with pytest.raises(PostFailed, match="longer than 10 bytes"):
            await post(keeping, receiver.url)


async def test_why_there_was_no_answer_is_told() -> None:
    async with Receiver(hang_up) as receiver:
        with pytest.raises(PostFailed, match="broke off the exchange"):
            await post(ANYWHERE, receiver.url)
    with pytest.raises(PostFailed, match="can't connect to"):
        await post(ANYWHERE, receiver.url)
    with pytest.raises(PostFailed, match=r"no\.example can't be found: Name or service not known"):
        await post(Poster(resolve=Names([])), "http://no.example/")


async def test_nothing_of_a_request_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with Receiver() as receiver:
            await post(ANYWHERE, f"{receiver.url}?token=secret")
    assert "secret" not in caplog.text
