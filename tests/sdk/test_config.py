"""Settings of a client: arguments, then environment, then defaults."""

import pytest

from evalwright._config import load_config
from evalwright.errors import InvalidRequest


def test_defaults() -> None:
    config = load_config(environ={})
    assert config.base_url == "http://127.0.0.1:8000"
    assert config.api_key is None


def test_environment() -> None:
    environ = {"EVALWRIGHT_BASE_URL": "https://x.example/base/", "EVALWRIGHT_API_KEY": "key"}
    config = load_config(environ=environ)
    assert (config.base_url, config.api_key) == ("https://x.example/base", "key")


def test_an_empty_variable_counts_as_none() -> None:
    """As shells and CI systems leave them behind."""
    config = load_config(environ={"EVALWRIGHT_BASE_URL": "", "EVALWRIGHT_API_KEY": ""})
    assert (config.base_url, config.api_key) == ("http://127.0.0.1:8000", None)


def test_arguments_win() -> None:
    environ = {"EVALWRIGHT_BASE_URL": "http://other", "EVALWRIGHT_API_KEY": "other"}
    config = load_config(base_url="http://mine:1", api_key="mine", environ=environ)
    assert (config.base_url, config.api_key) == ("http://mine:1", "mine")


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(InvalidRequest) as caught:
        load_config(
            base_url="localhost:8000",
            api_key="two words",
            timeout=0,
            max_retries=-1,
            headers={"bad name": "x", "X-Lines": "a\nb"},
            environ={},
        )
    assert [error.path for error in caught.value.errors] == [
        "base_url",
        "api_key",
        "timeout",
        "max_retries",
        "headers",
        "headers['X-Lines']",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "8000",
        "ftp://x",
        "http://",
        "http://:8000",
        "http://x:port",
        "http://x:99999",
        "http://x:0",
        "http://user:password@x",
        "http://x?y=1",
        "http://x#y",
        "http://x y",
        "http://[::1",
        5,
    ],
)
def test_unusable_addresses(url: str) -> None:
    with pytest.raises(InvalidRequest, match="base_url: is not a usable address"):
        load_config(base_url=url, environ={})


@pytest.mark.parametrize("url", ["http://[::1]:8000", "https://x.example", "http://x/base"])
def test_usable_addresses(url: str) -> None:
    assert load_config(base_url=url, environ={}).base_url == url


def test_the_key_is_in_no_text() -> None:
    config = load_config(api_key="s3cret", headers={"X-Token": "t0ken"}, environ={})
    assert "s3cret" not in repr(config)
    assert "t0ken" not in repr(config)
    with pytest.raises(InvalidRequest) as caught:
        load_config(api_key="s3cret\n", environ={})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan"), "60", None])
def test_unusable_timeouts(timeout: float) -> None:
    with pytest.raises(InvalidRequest, match="timeout"):
        load_config(timeout=timeout, environ={})
