"""Fixtures that every test may use."""

from hypothesis import settings

from fixtures_server import running_server, start_server
from scripted_models import models

__all__ = ["models", "running_server", "start_server"]

# How long an example takes depends on what else the machine does.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
