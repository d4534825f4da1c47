"""The way out of a sandbox: an allow-list, and the proxy that keeps to it."""

from evalwright_server.egress.policy import NetworkPolicy

__all__ = ["NetworkPolicy"]
