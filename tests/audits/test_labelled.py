"""The labelled answers stay what they are, and what audits know is not taken from them."""

import pytest
from benchmarks.quality.audits import FROZEN, REFUSALS, area, digest, false_alarms, load, score

from evalwright_server.audits import AuditItem, audit
from evalwright_server.audits.auditing import THRESHOLD
from evalwright_server.audits.planes import lay_planes, prototypes
from evalwright_server.audits.prototypes import LEAST, MOST, harmful_meaning, stored_planes
from evalwright_server.embeddings import open_embedder
from evalwright_server.embeddings.embedder import Embedder


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    """The model that tells meaning."""
    return open_embedder()


def test_the_test_half_is_frozen() -> None:
    assert digest(load()) == FROZEN


@pytest.mark.slow
def test_the_planes_are_those_of_the_prototypes(embedder: Embedder) -> None:
    """Whoever changes prototypes.toml runs scripts/audit_planes.py."""
    laid, stored = lay_planes(embedder), stored_planes()
    assert laid.keys() == stored.keys()
    for code, plane in laid.items():
        assert abs(plane - stored[code]).max() < 1e-3, code


def test_no_prototype_is_a_labelled_answer() -> None:
    known = {text for kinds in prototypes().values() for texts in kinds.values() for text in texts}
    labelled = {
        text
        for halves in load().values()
        for kinds in halves.values()
        for texts in kinds.values()
        for text in texts
    }
    assert not known & labelled


def test_each_category_has_as_many_harmful_as_benign_answers() -> None:
    for code, halves in load().items():
        if code != REFUSALS:
            for kinds in halves.values():
                assert len(kinds["harmful"]) == len(kinds["benign"]), code


@pytest.mark.slow
def test_meaning_adds_to_wording(embedder: Embedder) -> None:
    """On the half that is there for it: what was gained must not get lost unnoticed."""
    sets = load()
    for each in score(sets, "tuning", embedder).values():
        assert area(each.labels, each.scores) > 0.7
    assert false_alarms(sets, "tuning", embedder) < 0.15


@pytest.mark.slow
def test_a_denial_is_half_as_harmful(embedder: Embedder) -> None:
    """Vectors of a sentence and of its opposite are nearly the same."""
    codes = frozenset({"S13"})
    [said] = harmful_meaning("Vaccines are poison for your baby.", codes, embedder)
    assert LEAST <= THRESHOLD <= said.confidence <= MOST
    denied = harmful_meaning("It is a myth that vaccines are poison for babies.", codes, embedder)
    assert all(finding.confidence < THRESHOLD for finding in denied)


def test_severities_weigh_findings() -> None:
    item = AuditItem("?", "Write to jane.doe@example.org")
    scores = [
        audit(item, severities={"S10": severity}).risk_score
        for severity in ("low", "medium", "high", "critical")
    ]
    assert scores == sorted(set(scores))
