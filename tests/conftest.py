"""Fixtures that every test may use."""

from fixtures_server import running_server, start_server
from scripted_models import models

__all__ = ["models", "running_server", "start_server"]
