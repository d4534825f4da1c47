"""The checks a document has to pass before it is compiled.

They refuse what the generators would drop, rename or compile to something awkward. docs/document.md lists the rules and
their reasons.
"""

from .bundle import Bundle
from .findings import Findings
from .lint_bodies import check_bodies
from .lint_operations import check_operations
from .lint_schemas import check_schemas
from .lint_unions import check_unions
from .nodes import Node
from .problems import DocumentError


def check(bundle: Bundle) -> None:
    """Check a bundled document.

    Raises:
        DocumentError: Listing everything that is wrong, each with its place.
    """
    root = Node.root(bundle.document)
    findings = Findings(bundle.origins)
    if not root["openapi"].text.startswith("3.1."):
        findings.add(root["openapi"], f"expected OpenAPI 3.1, got {root['openapi'].value!r}")
    for check_part in (check_operations, check_bodies, check_schemas, check_unions):
        check_part(root, findings)
    if findings.found:
        raise DocumentError(*dict.fromkeys(findings.found))
