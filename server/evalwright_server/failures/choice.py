"""Which kinds of failures an item is searched for, and why not the others."""

from collections.abc import Collection

from evalwright_server.failures.items import FailureItem, Signals
from evalwright_server.failures.taxonomy import BUCKET_OF, JUDGED, KINDS, Kind


def applicable(
    item: FailureItem,
    feature_kind: str,
    signals: Signals | None = None,
    *,
    kinds: Collection[str] = (),
    buckets: Collection[str] = (),
) -> tuple[list[Kind], dict[str, str]]:
    """Choose the kinds of failures to look for in an item.

    Args:
        item: The item.
        feature_kind: The kind of application.
        signals: What was measured; None to choose before that.
        kinds: Only these; all when empty.
        buckets: Only those of these groups; all when empty.

    Returns:
        The kinds, and for each that is left out, why.
    """
    chosen: list[Kind] = []
    skipped: dict[str, str] = {}
    for kind in KINDS.values():
        reason = _reason(kind, item, feature_kind, kinds, buckets)
        if reason is None and signals is not None:
            reason = _missing_signal(kind, signals)
        if reason is None:
            chosen.append(kind)
        else:
            skipped[kind.id] = reason
    return chosen, skipped


def _reason(
    kind: Kind,
    item: FailureItem,
    feature_kind: str,
    kinds: Collection[str],
    buckets: Collection[str],
) -> str | None:
    if (kinds and kind.id not in kinds) or (buckets and BUCKET_OF[kind.id].id not in buckets):
        return "it was not asked for"
    if feature_kind not in kind.applies_to:
        return f"it does not happen to applications of kind {feature_kind}"
    if missing := [name for name in kind.needs if name not in item.members]:
        return f"it needs {' and '.join(missing)}, and there is none"
    return None


def _missing_signal(kind: Kind, signals: Signals) -> str | None:
    """Say what a detector would need to say anything, if that is not there."""
    if kind.is_audited and not _is_audited(kind, signals):
        return "it rests on a security audit, and there was none for it"
    for metric in kind.rests_on:
        if metric not in signals.scores:
            reason = signals.unscored.get(metric, "it was not asked for")
            return f"it rests on the metric {metric}, which was not measured: {reason}"
        if kind.approach == JUDGED and metric not in signals.by_judge:
            return (
                "only a judge can tell, and there is none: send openai_api_key, or name a model "
                "with judge"
            )
    return None


def _is_audited(kind: Kind, signals: Signals) -> bool:
    if signals.audit is None:
        return False
    return signals.audited is None or not signals.audited.isdisjoint(kind.categories)
