"""What rules read out of a request about the words of its answer."""

import pytest

from evalwright_server.metrics.wording import wordings_of


@pytest.mark.parametrize(
    ("request_", "kept", "broken"),
    [
        ("Explain rain without using the word water.", "It falls.", "Waters fall."),
        ("Don’t use the term “profit”.", "We earned more.", "Profits rose."),
        ("Begin your reply with the word Dear.", "Dear Ann, hello.", "Hello, dear Ann."),
        ("Reply just with 'true' or 'false'.", "True.", "It is true."),
    ],
)
def test_words_that_are_asked_for_or_not_wanted(request_: str, kept: str, broken: str) -> None:
    ((_, keeps),) = wordings_of(request_)
    assert keeps(kept)
    assert not keeps(broken)


def test_other_requests_ask_for_no_words() -> None:
    assert wordings_of("Explain it in a word or two, and start with the basics.") == []
