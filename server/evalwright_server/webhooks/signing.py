"""Signatures of webhooks, as https://www.standardwebhooks.com describes them."""

import base64
import binascii
import hashlib
import hmac
from typing import Final

PREFIX: Final = "whsec_"
"""What secrets begin with whose rest is base64; others are taken as they are."""

_FEWEST_BYTES: Final = 16


def signing_key(secret: str) -> bytes:
    """Return the key that a secret stands for.

    Raises:
        ValueError: It can't be used; the text says what was expected.
    """
    if not secret.startswith(PREFIX):
        try:
            return secret.encode()
        except UnicodeEncodeError:
            raise ValueError("expected text without lone surrogates") from None
    try:
        key = base64.b64decode(secret[len(PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"expected base64 behind {PREFIX}") from None
    if len(key) < _FEWEST_BYTES:
        raise ValueError(f"expected at least {_FEWEST_BYTES} bytes in base64 behind {PREFIX}")
    return key


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`.

    Args:
        key: The secret's key.
        message_id: The value of `webhook-id`.
        timestamp: The value of `webhook-timestamp`: seconds since 1970.
        body: What is sent.
    """
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
