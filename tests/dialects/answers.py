"""What the document says of answers."""

from typing import Any

from evalwright_server.web.document import Document, Family


def schemas_of_answers(document: Document) -> dict[str, dict[str, Any]]:
    """Return the components that successful answers are made of.

    Those about jobs and analyses are left out: no client of another generation asks for them.
    """
    found: dict[str, dict[str, Any]] = {}

    def visit(node: object) -> None:
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).removeprefix("#/components/schemas/")
            if name in document.tree["components"]["schemas"] and name not in found:
                found[name] = document.tree["components"]["schemas"][name]
                visit(found[name])
            for value in node.values():
                visit(value)
        elif isinstance(node, list):
            for value in node:
                visit(value)

    for operation in document.operations.values():
        if operation.family is not Family.NATIVE:
            continue
        if (answer := operation.answers.get(str(operation.success))) is not None:
            visit({"$ref": f"#{answer.pointer}"})
    return found
