"""Fixtures that every test may use."""

from fixtures_server import running_server, start_server

__all__ = ["running_server", "start_server"]
