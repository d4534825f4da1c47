"""The last step of the pipeline: whether everything in the document is in the package.

    python -m codegen.verify DIR PACKAGE

imports the package from DIR, compares it with the openapi.json inside it, and counts.
"""

import enum
import importlib
import inspect
import json
import pathlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from .nodes import Node
from .operations import Operation, read_operations


def main(directory: str, package: str) -> int:
    """Compare a package with its document; return the exit code."""
    sys.path.insert(0, directory)
    path = pathlib.Path(directory, package)
    root = Node.root(json.loads((path / "openapi.json").read_text("utf-8")))
    operations = read_operations(root)
    api = importlib.import_module(f"{package}.api")
    lost = [
        *_lost_operations(operations, api),
        *_lost_schemas(root, package),
        *_lost_discriminators(root, path / "models.py"),
    ]
    for text in lost:
        print(f"codegen: {text}", file=sys.stderr)
    parameters = sum(len(operation.parameters) for operation in operations)
    answers = sum(len(operation.answers) for operation in operations)
    schemas = len(list(root["components"]["schemas"].items()))
    print(
        f"{len(operations)} operations, {parameters} parameters, {answers} answers, {schemas} schemas"
    )
    return 1 if lost else 0


def _lost_operations(operations: list[Operation], api: ModuleType) -> Iterator[str]:
    made = dict(api.OPERATIONS)
    for operation in operations:
        generated = made.pop(operation.id, None)
        if generated is None:
            yield f"operation {operation.id} got lost"
            continue
        expected, got = _described(operation), _generated(generated)
        for part, value in expected.items():
            if got[part] != value:
                yield f"operation {operation.id}: {part}: expected {value}, got {got[part]}"
        module = importlib.import_module(f"{api.__name__}.{_module(api, operation.id)}")
        arguments = set(inspect.signature(getattr(module, operation.id)).parameters)
        names = {parameter.python_name for parameter in generated.parameters}
        if arguments != names | ({"body"} if operation.body else set()):
            yield f"operation {operation.id}: its arguments are {sorted(arguments)}"
    for name in made:
        yield f"operation {name} is not in the document"


def _module(api: ModuleType, name: str) -> str:
    tags: list[str] = api.__all__
    return next(tag for tag in tags if name in getattr(getattr(api, tag), "OPERATIONS", {}))


def _described(operation: Operation) -> dict[str, object]:
    body = operation.body
    return {
        "route": (operation.method, operation.path, operation.tag, operation.stage),
        "parameters": sorted(
            (part.location, part.name, part.required, part.schema) for part in operation.parameters
        ),
        "body": (body.media, body.required, body.model, body.schema) if body else None,
        "answers": [(part.status, part.media, part.kind, part.model) for part in operation.answers],
    }


def _generated(operation: Any) -> dict[str, object]:  # noqa: ANN401 - a class of the package made
    body = (
        operation.request_media,
        operation.request_required,
        operation.request_model,
        operation.request_schema,
    )
    return {
        "route": (operation.method, operation.path, operation.tag, operation.stage),
        "parameters": sorted(
            (part.location, part.name, part.required, part.schema) for part in operation.parameters
        ),
        "body": body if operation.request_media else None,
        "answers": [
            (part.status, part.media, part.kind, part.model) for part in operation.responses
        ],
    }


def _lost_schemas(root: Node, package: str) -> Iterator[str]:
    models = importlib.import_module(f"{package}.models")
    codec = importlib.import_module(f"{package}.codec")
    for name, schema in root["components"]["schemas"].items():
        model = getattr(models, name, None)
        if model is None:
            yield f"schema {name} got lost"
            continue
        codec.adapter(name).rebuild(force=True)
        if schema["properties"] and not schema["allOf"]:
            expected = {member for member, _ in schema["properties"].items()}
            got = {field.alias or member for member, field in model.model_fields.items()}
            if expected != got:
                yield f"schema {name}: members differ: {sorted(expected ^ got)}"
        if len(list(schema["enum"].each())) > 1 and not _has_values(model, schema):
            yield f"schema {name}: expected an open enum of {schema['enum'].value}, got {model!r}"


def _has_values(model: object, schema: Node) -> bool:
    if not (isinstance(model, type) and issubclass(model, enum.Enum)):
        return False
    return [member.value for member in model] == schema["enum"].value


def _lost_discriminators(root: Node, models: pathlib.Path) -> Iterator[str]:
    expected = [
        name for name, schema in root["components"]["schemas"].items() if schema["discriminator"]
    ]
    got = models.read_text("utf-8").count("discriminator=")
    if got != len(expected):
        yield f"{len(expected)} unions have a discriminator ({', '.join(expected)}), but {got} are read by it"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
