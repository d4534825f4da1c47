"""What worker processes do, per kind of run."""
