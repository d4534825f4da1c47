"""What makes the outputs of an experiment, per kind of run configuration."""
