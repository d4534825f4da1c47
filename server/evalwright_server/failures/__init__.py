"""Where and why answers fail: a taxonomy, detectors, and a formula for how bad and how sure."""

from evalwright_server.failures.analysis import (
    DETECTORS,
    Summary,
    Tag,
    analyze,
    summarize,
)
from evalwright_server.failures.choice import applicable
from evalwright_server.failures.items import Evidence, FailureItem, Signals, ToolCall
from evalwright_server.failures.taxonomy import BUCKETS, KINDS, VERSION, Bucket, Kind

__all__ = [
    "BUCKETS",
    "DETECTORS",
    "KINDS",
    "VERSION",
    "Bucket",
    "Evidence",
    "FailureItem",
    "Kind",
    "Signals",
    "Summary",
    "Tag",
    "ToolCall",
    "analyze",
    "applicable",
    "summarize",
]
