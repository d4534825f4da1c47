"""Evalwright."""
