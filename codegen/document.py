"""The first half of the pipeline: from the document to what the generators read.

    python -m codegen.document DOCUMENT OUT

writes into OUT the bundle, openapi.json, what each generator sees of it, models.json and operations.json,
and exports.py, which says what is public in the models.
"""

import json
import pathlib
import sys

from .bundle import bundle
from .lint import check
from .models_view import models_view
from .nodes import Node
from .problems import DocumentError
from .view import operations_view
from .yaml_files import Json


def main(document: str, out: str) -> int:
    """Bundle, check and prepare a document; return the exit code."""
    try:
        bundled = bundle(pathlib.Path(document))
        check(bundled)
    except DocumentError as error:
        for reason in error.args:
            print(f"codegen: {reason}", file=sys.stderr)
        return 1
    _write(pathlib.Path(out, "openapi.json"), bundled.document)
    _write(pathlib.Path(out, "models.json"), models_view(bundled.document))
    _write(pathlib.Path(out, "operations.json"), operations_view(bundled.document))
    names = [name for name, _ in Node.root(bundled.document)["components"]["schemas"].items()]
    pathlib.Path(out, "exports.py").write_text(f"\n__all__ = {names!r}\n", "utf-8")
    return 0


def _write(path: pathlib.Path, value: dict[str, Json]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
