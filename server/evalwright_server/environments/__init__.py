"""Sets of packages that jobs can import, installed once and read by all that need the same."""
