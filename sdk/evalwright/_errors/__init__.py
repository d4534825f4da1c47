"""The classes behind `evalwright.errors`, one module per cause."""
