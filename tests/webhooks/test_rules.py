"""What webhooks are made of: URLs, header fields, secrets, signatures, and pauses."""

import base64
import ipaddress

import pytest

from evalwright_server.webhooks.destination import Destination, DestinationRefused, may_receive
from evalwright_server.webhooks.headers import find_faults
from evalwright_server.webhooks.schedule import RetrySchedule, is_delivered
from evalwright_server.webhooks.signing import sign, signing_key


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://example.com", Destination("http", "example.com", 80, "/")),
        ("https://EXAMPLE.com.:443/a?b=c#d", Destination("https", "example.com", 443, "/a?b=c")),
        ("http://h:8080?q", Destination("http", "h", 8080, "/?q")),
        ("http://h/%2F%20", Destination("http", "h", 80, "/%2F%20")),
        ("https://[::1]:8/", Destination("https", "::1", 8, "/")),
        ("http://xn--bcher-kva.example/", Destination("http", "xn--bcher-kva.example", 80, "/")),
    ],
)
def test_a_url_is_taken_apart(url: str, expected: Destination) -> None:
    assert Destination.parse(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "example.com", "http://", "http:///path", "http://user@example.com/",
        "http://user:word@example.com/", "http://:word@example.com/", "http://h:0/",
        "http://h:65536/", "http://h:x/", "http://h:-1/", "http://a b/", "http://h/ ",
        "http://h/\r\nHost: x", "http://h\t/", "http://bücher.example/", "http://h/ü",
        "http://h\\@other/", "http://[::1", "http://[::1]x/", "http://[fe80::1%25eth0]/",
        "http://[1.2.3.4]/", "http://a..b/", "http://.a/", "http://a%2eb/", "http://a,b/", "",
        "http://h/\x00", "http://\udc80/",
    ],
)  # fmt: skip
def test_a_url_that_no_request_can_be_sent_to_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected|must not"):
        Destination.parse(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h/a?token=1", "https://h/a"),
        ("http://h:81/?x", "http://h:81/"),
        ("http://[::1]:81/", "http://[::1]:81/"),
    ],
)
def test_what_is_shown_of_a_url_has_no_query(url: str, shown: str) -> None:
    assert Destination.parse(url).shown == shown


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1",
        "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "fe80::1",
        "fc00::1", "fd00:ec2::254", "ff02::1", "2002:7f00:1::", "64:ff9b::a00:1", "2001:db8::1",
        "::7f00:1",
    ],
)  # fmt: skip
def test_an_address_inside_a_network_gets_no_webhook(address: str) -> None:
    assert not may_receive(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"])
def test_an_address_on_the_internet_may_get_one(address: str) -> None:
    assert may_receive(ipaddress.ip_address(address))


def test_an_address_in_place_of_a_name_is_checked_without_looking_anything_up() -> None:
    Destination.parse("http://example.com/").require_public()
    with pytest.raises(DestinationRefused, match="EVALWRIGHT_WEBHOOK_PRIVATE=1"):
        Destination.parse("http://[::ffff:10.1.2.3]/").require_public()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", "x"), ("a b", "x"), ("a:", "x"), ("ä", "x"), ("a\r\nb", "x"), ("A", "x\r\nB: y"),
        ("A", "x\n"), ("A", "\x00"), ("A", "ä"), ("A", " x"), ("A", "x "), ("A", "\x7f"),
        ("Host", "x"), ("Content-Length", "1"), ("transfer-encoding", "chunked"), ("TE", "x"),
        ("Connection", "upgrade"), ("Webhook-Signature", "v1,x"), ("content-type", "text/plain"),
    ],
)  # fmt: skip
def test_a_header_field_that_would_change_the_request_is_refused(name: str, value: str) -> None:
    assert [found for found, _ in find_faults({name: value})] == [name]


def test_ordinary_header_fields_are_fine_unless_they_are_there_twice() -> None:
    good = {"Authorization": "Bearer a b", "X-Empty": "", "X-Kind": 'a, b; c="d"'}
    assert list(find_faults(good)) == []
    assert [name for name, _ in find_faults({**good, "x-kind": "e"})] == ["x-kind"]


def test_a_signature_is_that_of_the_specification() -> None:
    """The example of https://www.standardwebhooks.com's reference libraries."""
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_base64_behind_its_prefix_or_else_plain_text() -> None:
    raw = bytes(range(32))
    assert signing_key("whsec_" + base64.b64encode(raw).decode()) == raw
    assert signing_key("sixteen letters!") == b"sixteen letters!"


@pytest.mark.parametrize("secret", ["whsec_***", "whsec_YQ==", "whsec_", "whsec_ä", "\udc80" * 16])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        signing_key(secret)


def test_pauses_grow_to_about_a_day_and_end() -> None:
    schedule = RetrySchedule()
    pauses = [schedule.pause(attempt, 500, None, lambda: 0.5) for attempt in range(1, 7)]
    assert pauses == [30, 300, 3600, 4 * 3600, 18 * 3600, None]


@pytest.mark.parametrize(
    ("status", "wished", "random", "expected"),
    [
        (None, None, 0.0, 24.0),
        (503, None, 1.0, 36.0),
        (429, 100.0, 0.5, 100.0),
        (429, 1.0, 0.5, 30.0),
        (503, 1e9, 0.5, 24 * 3600.0),
        (410, 5.0, 0.5, None),
        (404, None, 0.5, 30.0),
        (302, None, 0.5, 30.0),
    ],
)
def test_a_pause_follows_the_answer(
    status: int | None, wished: float | None, random: float, expected: float | None
) -> None:
    assert RetrySchedule().pause(1, status, wished, lambda: random) == expected


def test_only_a_status_of_success_means_that_it_was_delivered() -> None:
    assert [status for status in (199, 200, 204, 299, 300, 400) if is_delivered(status)] == [
        200, 204, 299,
    ]  # fmt: skip
