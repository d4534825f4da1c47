"""How the bodies of a media type are read and written."""


def is_json(media: str) -> bool:
    """Say whether bodies of this media type are JSON."""
    return media == "application/json" or media.endswith("+json")


def kind(media: str | None) -> str:
    """Choose how to read a body.

    Returns:
        json, ndjson, sse, text, bytes, or empty when there is no body.
    """
    if media is None:
        return "empty"
    if is_json(media):
        return "json"
    named = {"application/x-ndjson": "ndjson", "text/event-stream": "sse"}
    return named.get(media, "text" if media.startswith("text/") else "bytes")


STREAMS = ("ndjson", "sse")
"""The kinds that are read piece by piece."""
