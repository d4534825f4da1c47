"""What answers are worth, as scores from 0 to 1 with 1 good.

    engine = OfflineEngine(open_embedder())
    (outcomes,) = engine.measure(["equals", "hallucination"], [MetricItem("2 + 2?", "4")])

A metric that can't score an item says why (`Unscored`) instead of giving a number.
"""

from evalwright_server.metrics.catalogue import METRICS, Metric, unknown_metrics
from evalwright_server.metrics.items import Engine, MetricItem, Outcome, Score, Unscored
from evalwright_server.metrics.offline import OfflineEngine

__all__ = [
    "METRICS",
    "Engine",
    "Metric",
    "MetricItem",
    "OfflineEngine",
    "Outcome",
    "Score",
    "Unscored",
    "unknown_metrics",
]
