"""Evalwright server."""
