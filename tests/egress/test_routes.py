"""Where a connection may go, after its name was looked up."""

import ipaddress

import pytest

from evalwright_server.egress import NetworkPolicy
from evalwright_server.egress.route import Resolve, Router, RouteRefused
from evalwright_server.egress.targets import Address

PUBLIC = "93.184.215.14"


def answering(*addresses: str) -> Resolve:
    """Return a resolver that gives these addresses the first time and loopback from then on."""
    answers = [list(addresses)]

    async def resolve(host: str, port: int) -> list[Address]:
        found = answers.pop() if answers else ["127.0.0.1"]
        return [ipaddress.ip_address(each) for each in found]

    return resolve


def router(*allow: str, resolve: Resolve, own: tuple[int, ...] = ()) -> Router:
    return Router(NetworkPolicy(allow), frozenset(own), resolve)


async def test_a_public_address_of_a_listed_name_is_found() -> None:
    """What is returned was checked, so that a second look-up can't change it."""
    found = await router("example.com:443", resolve=answering(PUBLIC)).find("example.com.", 443)
    assert found == [ipaddress.ip_address(PUBLIC)]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1",
     "169.254.169.254", "100.64.0.1", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "fe80::1",
     "fc00::1", "64:ff9b::7f00:1", "2002:7f00:1::", "::ffff:169.254.169.254"],
)  # fmt: skip
async def test_no_name_leads_to_an_address_that_is_not_public(address: str) -> None:
    """Whoever runs the name server of a listed host would otherwise reach the neighbourhood."""
    with pytest.raises(RouteRefused, match="not public"):
        await router("example.com:443", resolve=answering(address)).find("example.com", 443)


async def test_of_several_addresses_only_the_public_ones_are_tried() -> None:
    found = await router("a.com:443", resolve=answering("10.0.0.1", PUBLIC)).find("a.com", 443)
    assert found == [ipaddress.ip_address(PUBLIC)]


async def test_a_private_address_is_reached_if_it_is_listed_itself() -> None:
    allowed = router("db.corp:5432", "10.0.0.0/8:5432", resolve=answering("10.1.1.1"))
    assert await allowed.find("db.corp", 5432) == [ipaddress.ip_address("10.1.1.1")]


async def test_an_address_in_the_place_of_a_name_needs_an_entry_too() -> None:
    with pytest.raises(RouteRefused, match="not on the allow-list"):
        await router("example.com:443", resolve=answering(PUBLIC)).find(PUBLIC, 443)


@pytest.mark.parametrize("spelling", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1",
                                      "::1", "localhost"])  # fmt: skip
async def test_every_spelling_of_loopback_is_refused_under_a_list_of_everything(
    spelling: str,
) -> None:
    """The system's resolver understands spellings that look like names."""
    with pytest.raises(RouteRefused, match=r"not public|can't be found"):
        await Router(NetworkPolicy(("*:80",))).find(spelling, 80)


async def test_the_servers_own_port_is_out_of_reach_even_if_it_is_listed() -> None:
    listed = router("127.0.0.1:8000", "127.0.0.1:9000", resolve=answering(), own=(8000,))
    assert await listed.find("127.0.0.1", 9000)
    with pytest.raises(RouteRefused):
        await listed.find("127.0.0.1", 8000)


async def test_an_unlisted_name_is_not_even_looked_up() -> None:
    """A look-up already tells something to whoever runs the name server."""

    async def resolve(host: str, port: int) -> list[Address]:
        raise AssertionError(host)

    with pytest.raises(RouteRefused, match=r"secret\.evil\.net:443 is not on the allow-list"):
        await router("example.com:443", resolve=resolve).find("secret.evil.net", 443)
