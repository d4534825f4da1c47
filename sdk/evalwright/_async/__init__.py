"""The clients, one module per resource."""
