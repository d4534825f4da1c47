"""Keys that make sending a request twice harmless."""

import uuid


def new_key() -> str:
    """Make a key for one request that starts something; every attempt at it carries the same."""
    return f"sdk-{uuid.uuid4().hex}"
