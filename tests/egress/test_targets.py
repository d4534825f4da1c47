"""What an allow-list may say."""

import ipaddress

import pytest

from evalwright_server.egress import NetworkPolicy


@pytest.mark.parametrize(
    "entry",
    ["example.com", "example.com:0", "example.com:65536", "*example.com:443", "a..b:443", ":443",
     "https://example.com:443", "exa mple.com:443", "[example.com]:443", "10.0.0.1/8:443",
     "2130706433:80", "127.1:80", "example.com:443\n", "", "*.*.com:443", "é.com:443"],
)  # fmt: skip
def test_a_wrong_entry_is_refused_with_what_was_expected(entry: str) -> None:
    with pytest.raises(ValueError, match=r'no entry of an allow-list; expected "host:port"'):
        NetworkPolicy((entry,))


@pytest.mark.parametrize(
    ("entry", "host", "port", "allowed"),
    [
        ("example.com:443", "example.com", 443, True),
        ("Example.com:443", "EXAMPLE.COM", 443, True),
        ("example.com:443", "example.com", 80, False),
        ("example.com:443", "www.example.com", 443, False),
        ("example.com:443", "badexample.com", 443, False),
        ("*.example.com:443", "www.example.com", 443, True),
        ("*.example.com:443", "a.b.example.com", 443, True),
        ("*.example.com:443", "example.com", 443, False),
        ("*.example.com:443", "badexample.com", 443, False),
        ("*.example.com:443", "example.com.evil.net", 443, False),
        ("*:443", "anything.net", 443, True),
        ("*:443", "anything.net", 80, False),
    ],
)
def test_names_match_by_whole_labels(entry: str, host: str, port: int, allowed: bool) -> None:
    assert NetworkPolicy((entry,)).allows_name(host, port) is allowed


@pytest.mark.parametrize(
    ("entry", "address", "listed"),
    [
        ("10.0.0.0/8:5432", "10.9.8.7", True),
        ("10.0.0.0/8:5432", "11.0.0.1", False),
        ("[fd00::/8]:5432", "fd00::1", True),
        ("[fd00::/8]:5432", "10.0.0.1", False),
        ("*:5432", "10.0.0.1", False),
    ],
)
def test_addresses_are_listed_by_addresses_only(entry: str, address: str, listed: bool) -> None:
    policy = NetworkPolicy((entry,))
    assert policy.lists_address(ipaddress.ip_address(address), 5432) is listed
