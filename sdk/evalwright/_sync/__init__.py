# Generated from sdk/evalwright/_async/__init__.py by scripts/unasync.py: do not edit.
"""The clients, one module per resource."""
