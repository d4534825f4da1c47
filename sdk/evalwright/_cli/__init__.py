"""The command `evalwright`; needs the extra `cli`."""
