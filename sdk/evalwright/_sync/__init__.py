# Generated from sdk/evalwright/_async/__init__.py by scripts/unasync.py: do not edit.
"""The clients; the ones for `async` are the source of the others."""
