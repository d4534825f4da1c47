"""The version, kept as a constant because reading distribution metadata costs import time."""

__version__ = "0.1.0"
