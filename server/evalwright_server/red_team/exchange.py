"""What is sent to a system that is reached by a URL, and where the answer is in what comes back."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from pydantic import JsonValue

PLACE: Final = "{{attack}}"
"""Stands for the attack in a template."""
DEFAULT_TEMPLATE: Final[JsonValue] = {"prompt": PLACE}
USUAL_KEYS: Final = (
    "response", "output", "answer", "text", "content", "message", "reply", "completion", "result",
    "choices.0.message.content", "message.content",
)  # fmt: skip
"""Where systems usually have their answer; looked at in this order when nobody says where."""
_SHOWN: Final = 200


class NoReply(Exception):
    """There is no answer in what came back; the text says why."""


@dataclass(frozen=True, slots=True)
class RequestTemplate:
    """The JSON to send, with `{{attack}}` in texts of it."""

    value: JsonValue

    @classmethod
    def parse(cls, template: JsonValue) -> Self:
        """Read a template: JSON, or the text of JSON; None is the usual one.

        Raises:
            ValueError: It is none; the text says what to change.
        """
        if template is None:
            return cls(DEFAULT_TEMPLATE)
        value = template
        if isinstance(template, str):
            try:
                value = json.loads(template)
            except (ValueError, RecursionError) as error:
                raise ValueError(
                    f'expected JSON, such as {{"prompt": "{PLACE}"}}, with {PLACE} inside '
                    f"quotes; it can't be read: {error}"
                ) from None
        if not any(PLACE in text for text in _texts(value)):
            raise ValueError(f"expected {PLACE} in some text of it, where the attack goes")
        return cls(value)

    def fill(self, attack: str) -> bytes:
        """Return the body that has an attack in all its places, whatever characters that has."""
        return json.dumps(_filled(self.value, attack)).encode()


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))


def _filled(value: JsonValue, attack: str) -> JsonValue:
    if isinstance(value, str):
        return value.replace(PLACE, attack)
    if isinstance(value, list):
        return [_filled(each, attack) for each in value]
    if isinstance(value, dict):
        return {name: _filled(each, attack) for name, each in value.items()}
    return value


def find_answer(body: bytes, key: str | None) -> str:
    """Return the answer in a body.

    Args:
        body: What came back.
        key: Where it is, such as `choices.0.message.content`; None to look in the usual places,
            and to take the whole where none is there.

    Raises:
        NoReply: It is not there.
    """
    text = body.decode(errors="replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        if key is None:
            return text
        raise NoReply(f"the answer is no JSON; it begins {text[:_SHOWN]!r}") from None
    if key is not None:
        found = _at(value, key)
        if found is None:
            raise NoReply(f"the answer has no {key!r}; it begins {text[:_SHOWN]!r}")
        return _as_text(found)
    usual = (_at(value, each) for each in USUAL_KEYS)
    return next((each for each in usual if isinstance(each, str)), _as_text(value))


def _at(value: Any, key: str) -> JsonValue:  # noqa: ANN401 - JSON of others
    """Return what is at a path; None if nothing is."""
    for name in key.split("."):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isascii() and name.isdigit():
            value = value[int(name)] if int(name) < len(value) else None
        else:
            return None
    found: JsonValue = value
    return found


def _as_text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
