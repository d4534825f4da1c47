"""Calling a function of the caller's many times at once, in tasks or in threads."""
