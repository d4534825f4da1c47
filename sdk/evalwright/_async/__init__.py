"""The clients; the ones for `async` are the source of the others."""
