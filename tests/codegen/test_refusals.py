"""Documents that can't be compiled are refused with the file, the place and what to do."""

import pathlib
import sys
from dataclasses import dataclass

import pytest
import yaml

from codegen.compiler import ROOT, edited_sample, run

sys.path.append(str(ROOT))  # the compiler is no package that is installed

from codegen.document import main

THINGS, CONTENTS = "paths/things.yaml", "paths/contents.yaml"
SCHEMAS, SHAPES = "schemas/things.yaml", "schemas/shapes.yaml"


@dataclass(frozen=True)
class Case:
    """One way to break the sample, and what has to be said about it."""

    name: str
    file: str
    old: str
    new: str
    says: str


CASES = [
    Case(**case)
    for case in yaml.safe_load(pathlib.Path(__file__).with_name("refusals.yaml").read_text("utf-8"))
]
PREPARED = {
    "two of one name": (
        SCHEMAS,
        "\nAccepted:",
        "\nCircle: {type: string, description: A.}\nAccepted:",
    ),
    "lower-case component": (
        SCHEMAS,
        "\nThing:",
        "\nthingKind: {type: string, description: A.}\nThing:",
    ),
    "closed union of a server": (SHAPES, "- {$ref: '#/KnownShape'}", "- {$ref: '#/Circle'}"),
}
"""What some cases need beside their own change."""


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_refused(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], case: Case) -> None:
    if case.name in PREPARED:
        edited_sample(tmp_path, *PREPARED[case.name])
    document = edited_sample(tmp_path, case.file, case.old, case.new)
    assert main(str(document), str(tmp_path)) == 1
    said = capsys.readouterr().err
    assert case.says in said
    assert all(line.startswith("codegen: ") for line in said.splitlines())
    assert not (tmp_path / "openapi.json").exists()


def test_everything_wrong_is_said_at_once(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited_sample(tmp_path, THINGS, "    summary: List shapes.\n", "")
    document = edited_sample(tmp_path, CONTENTS, "    summary: Read a note.\n", "")
    assert main(str(document), str(tmp_path)) == 1
    places = [line.split(": ")[1] for line in capsys.readouterr().err.splitlines()]
    assert places == ["paths/things.yaml#/Shapes/get", "paths/contents.yaml#/Note/get"]


def test_the_command_refuses_too(tmp_path: pathlib.Path) -> None:
    """What the checks say goes to stderr, and nothing is written."""
    document = edited_sample(tmp_path, THINGS, "    summary: List shapes.\n", "")
    result = run("--input", document, "--package", "sample_api", "--output", tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "codegen: paths/things.yaml#/Shapes/get: summary is missing; it becomes the docstring\n"
    )
    assert not (tmp_path / "sample_api").exists()
