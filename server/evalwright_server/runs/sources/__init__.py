"""What the server does for workers, per kind of run: find their rows and keep their results."""
