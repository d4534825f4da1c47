"""Who may talk to a server that asks for no key.

Such a server listens on loopback, where every web page a user visits can send requests too. A page
gives itself away by its `Origin`; one whose name was rebound to 127.0.0.1, by the `Host`.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from evalwright_server.web.problems import Problem


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address means this machine and no other."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_source(headers: Mapping[str, str], *, is_open: bool = False) -> None:
    """Refuse requests that a web page has sent.

    Args:
        headers: Of the request.
        is_open: Whether the server answers for other names than this machine's own, too.

    Raises:
        Problem: 403 (or 400 without `Host`), with what to do about it.
    """
    host = headers.get("host")
    if host is None:
        raise Problem(400, "the request has no Host header; send the address it was sent to")
    if not is_open and not is_loopback(_name(f"//{host}")):
        raise Problem(
            403,
            f"requests for the host {host!r} are refused: without an API key this server answers "
            "for localhost and 127.0.0.1 only. Use one of them, or start it with --api-key",
        )
    origin = headers.get("origin")
    if origin is not None and _authority(origin) != host.lower():
        raise Problem(
            403,
            f"requests from pages of {origin!r} are refused: without an API key this server "
            "trusts no other origin. Start it with --api-key to let clients elsewhere in",
        )


def _authority(origin: str) -> str | None:
    """Return host and port of an origin over HTTP; this server speaks nothing else."""
    scheme, separator, authority = origin.lower().partition("://")
    return authority if separator and scheme == "http" else None


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
