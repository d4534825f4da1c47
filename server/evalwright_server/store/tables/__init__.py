"""The tables, one module per topic, all on one `metadata`."""
