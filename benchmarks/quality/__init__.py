"""How well metrics, audits and failure analyses measure, on hand-made sets."""
