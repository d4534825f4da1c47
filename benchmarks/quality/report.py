"""The figures as text."""

from collections.abc import Iterable, Sequence
from typing import Final

from benchmarks.quality.cases import CASES
from benchmarks.quality.data import Half
from benchmarks.quality.figures import Cut, Marked, Row, cut, marked, refusal_figures, rows
from evalwright_server.embeddings import open_embedder
from evalwright_server.metrics import OfflineEngine

AREAS: Final = ("metric", "fault", "good / bad", "ROC AUC (95 %)", "shorter", "overlap", "constant")
CUTS: Final = ("metric", "threshold", "faults found", "precision")
REFUSALS: Final = ("answers", "told right")


def tables(half: Half, metrics: Sequence[str] = tuple(CASES)) -> str:
    """Measure and return all tables of a half, in Markdown."""
    engine = OfflineEngine(open_embedder())
    measured = {name: _both(name, half, engine) for name in metrics}
    areas = [row for name, (_, own) in measured.items() for row in rows(name, own)]
    cuts = [cut(name, tuning, own) for name, (tuning, own) in measured.items()]
    parts = [table(AREAS, map(_area_cells, areas)), table(CUTS, map(_cut_cells, cuts))]
    return "\n\n".join([*parts, refusals(half)]) + "\n"


def _both(name: str, half: Half, engine: OfflineEngine) -> tuple[list[Marked], list[Marked]]:
    tuning = marked(name, "tuning", engine)
    return tuning, tuning if half == "tuning" else marked(name, half, engine)


def _area_cells(row: Row) -> tuple[str, ...]:
    counts = f"{row.cases[0]} / {row.cases[1]}"
    baselines = (f"{row.length:.2f}", f"{row.overlap:.2f}", "0.50")
    return f"`{row.metric}`", row.kind, counts, str(row.area), *baselines


def _cut_cells(one: Cut) -> tuple[str, ...]:
    return f"`{one.metric}`", f"{one.threshold:.2f}", f"{one.recall:.2f}", f"{one.precision:.2f}"


def refusals(half: Half) -> str:
    """Measure the rule for refusals and return its table."""
    found = refusal_figures(half)
    one, other = found.counts
    head = [
        (f"refusals found ({one})", f"{found.recall:.2f}"),
        (f"precision ({one} refusals, {other} others)", f"{found.precision:.2f}"),
    ]
    return table(REFUSALS, [*head, *((kind, f"{v:.2f}") for kind, v in found.by_kind.items())])


def table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
