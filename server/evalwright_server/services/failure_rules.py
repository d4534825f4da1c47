"""What has to be right with a request for a failure analysis, besides its schema."""

from collections.abc import Mapping
from typing import Any

from evalwright_server.audits import CATEGORIES
from evalwright_server.failures import KINDS
from evalwright_server.failures.taxonomy import BUCKET_OF
from evalwright_server.metrics import METRICS
from evalwright_server.services.analysis_judges import read_judge
from evalwright_server.services.analysis_rules import check_names
from evalwright_server.services.errors import Findings
from evalwright_server.services.failure_taxonomy import BUCKET_IDS


def check_request(body: Mapping[str, Any], findings: Findings) -> None:
    """Note what a request names that there is not, and that it has nothing to analyse."""
    if not body.get("dataset") and not body.get("trace_id") and "dataset" not in body:
        findings.add(
            "",
            "there is nothing to analyse: send a dataset, a list of objects with input and "
            "output, or the trace_id of stored spans",
        )
    check_names(findings, "/subcategories", body.get("subcategories"), KINDS, "subcategory")
    check_names(findings, "/buckets", body.get("buckets"), BUCKET_IDS, "bucket")
    check_names(
        findings, "/mandatory_eval_metrics", body.get("mandatory_eval_metrics"), METRICS, "metric"
    )
    check_names(
        findings,
        "/mandatory_security_categories",
        body.get("mandatory_security_categories"),
        CATEGORIES,
        "security category",
    )
    _check_choice(body, findings)
    read_judge(body, findings)


def _check_choice(body: Mapping[str, Any], findings: Findings) -> None:
    kinds, buckets = body.get("subcategories"), body.get("buckets")
    if not (isinstance(kinds, list) and isinstance(buckets, list) and kinds and buckets):
        return
    known = [kind for kind in kinds if isinstance(kind, str) and kind in KINDS]
    if known and not any(BUCKET_OF[kind].id in buckets for kind in known):
        findings.add(
            "/subcategories",
            "none of them is in one of the buckets, so nothing would be looked for; leave out "
            "buckets, or name those of the subcategories",
        )
