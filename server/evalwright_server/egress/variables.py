"""How a job's programs learn of the proxy."""

import ipaddress
import os
from collections.abc import Mapping
from typing import Final

from evalwright_server.egress.policy import NetworkPolicy

PORT: Final = 3128
"""Of the proxy, on the job's own 127.0.0.1."""
OWN_PORT_VARIABLE: Final = "EVALWRIGHT_OWN_PORT"
"""Tells worker processes where their server listens, which no job may reach."""
_LOOPBACK: Final = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


def proxy_variables(policy: NetworkPolicy) -> dict[str, str]:
    """Return the environment variables that HTTP clients heed.

    Args:
        policy: A job that may reach something on the host's loopback must ask the proxy for it;
            for others, that is their own loopback.
    """
    url = f"http://127.0.0.1:{PORT}"
    variables: dict[str, str] = {}
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        variables |= {name: url, name.lower(): url}
    if not any(_is_loopback(policy, network) for network in _LOOPBACK):
        variables |= dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1,::1")
    return variables


def own_ports(environment: Mapping[str, str] = os.environ) -> frozenset[int]:
    """Return the ports that no job may reach, as the server told this process."""
    text = environment.get(OWN_PORT_VARIABLE, "")
    return frozenset({int(text)}) if text else frozenset()


def _is_loopback(
    policy: NetworkPolicy, loopback: ipaddress.IPv4Network | ipaddress.IPv6Network
) -> bool:
    networks = [target.network for target in policy.targets if target.network is not None]
    return any(
        network.version == loopback.version and network.overlaps(loopback) for network in networks
    )
