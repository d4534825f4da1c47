"""OpenTelemetry's wire format (OTLP over HTTP): exports as spans, and what exporters are told."""
