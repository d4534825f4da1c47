"""The Evalwright server: API, engine and sandboxes in one command."""

from importlib.metadata import version

__version__ = version("evalwright")
"""The version of the installed distribution."""
