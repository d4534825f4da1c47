"""The kinds of jobs: those that are shipped, and what an operator's file makes of them."""

from pathlib import Path
from textwrap import dedent

import pytest

from docs.blocks import ROOT, blocks
from evalwright_server.job_types import JobTypes, JobTypesError, UnknownJobType, show_size

MIB = 1024 * 1024


@pytest.fixture
def load(tmp_path: Path) -> "Load":
    return Load(tmp_path / "types.toml")


class Load:
    """Writes a file and reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, text: str) -> JobTypes:
        self.path.write_text(dedent(text), encoding="utf-8")
        return JobTypes.load(self.path)

    def problems(self, text: str) -> tuple[str, ...]:
        with pytest.raises(JobTypesError) as caught:
            self(text)
        assert str(self.path) in str(caught.value), "the file is named"
        return caught.value.problems


@pytest.mark.parametrize(
    ("name", "requirements", "memory", "cpus", "timeout"),
    [
        ("default", (), "512m", 1.0, 30),
        ("data-processing", ("numpy", "pandas"), "1g", 2.0, 60),
        ("ml-inference", ("numpy", "scikit-learn"), "2g", 2.0, 120),
    ],
)
def test_the_shipped_types_are_those_of_the_api(
    name: str, requirements: tuple[str, ...], memory: str, cpus: float, timeout: int
) -> None:
    found = JobTypes.load(None).find(name)
    assert (found.requirements, found.memory_limit, found.cpus, found.timeout) == (
        requirements, memory, cpus, timeout
    )  # fmt: skip
    assert not found.network
    assert not found.template


def test_a_version_selects_by_name_only() -> None:
    """What packages there are decides about the version, not the reference."""
    assert JobTypes().find("default@sha256:abc").name == "default"


def test_an_unknown_type_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownJobType, match="has default, data-processing, ml-inference") as error:
        JobTypes().find("data-procesing")
    assert "Did you mean 'data-processing'?" in str(error.value)


def test_a_new_type_starts_from_default_as_the_file_has_it(load: Load) -> None:
    """Also where the table of default comes last."""
    types = load("""
        [job_types.geo]
        requirements = ["Shapely >= 2", "shapely>=2"]
        [job_types.default]
        memory_limit = "256m"
    """)
    geo = types.find("geo")
    assert geo.memory_bytes == 256 * MIB
    assert geo.requirements == ("shapely>=2",)
    assert [each.name for each in types] == ["default", "data-processing", "ml-inference", "geo"]


def test_a_table_of_a_shipped_type_changes_only_what_it_names(load: Load) -> None:
    changed = load("[job_types.ml-inference]\ntimeout = 200\n").find("ml-inference")
    assert changed.timeout == 200
    assert changed.requirements == ("numpy", "scikit-learn")


def test_every_setting_is_read(load: Load) -> None:
    read = load("""
        [job_types.all]
        requirements = ["numpy"]
        memory_limit = 33554432
        cpu_limit = 2
        timeout = 5
        max_timeout = 50
        startup_timeout = 60
        cpu_seconds = 2.5
        processes = 7
        open_files = 64
        file_size = "1m"
        tmp_size = "2m"
        output_size = "3M"
        files = 99
        stream_size = "4k"
        artifacts = 0
        artifact_size = "5mb"
        artifacts_size = "6m"
        environment = { MODE = "fast" }
        template = true
        preload = ["numpy.linalg"]
        network = ["api.example.com:443"]
        allow_requirements = false
    """).find("all")
    limits = read.limits()
    assert limits.wall_seconds == 5
    assert (limits.memory_bytes, limits.cpus, limits.cpu_seconds) == (32 * MIB, 2.0, 2.5)
    assert (limits.processes, limits.open_files, limits.files) == (7, 64, 99)
    assert (limits.file_bytes, limits.tmp_bytes, limits.output_bytes) == (MIB, 2 * MIB, 3 * MIB)
    assert limits.stream_bytes == 4096
    assert (read.artifacts, read.artifact_bytes, read.artifacts_bytes) == (0, 5 * MIB, 6 * MIB)
    assert read.environment == {"MODE": "fast"}
    assert (read.template, read.preload, read.network) == (
        True, ("numpy.linalg",), ("api.example.com:443",)
    )  # fmt: skip
    assert not read.allow_requirements
    assert read.limits(timeout=9).wall_seconds == 9


def test_all_that_is_wrong_is_told_at_once_with_its_place(load: Load) -> None:
    problems = load.problems("""
        [job_types.geo]
        requirements = ["numpy", "x @ https://example.com/x.whl"]
        memory_limt = "1g"
        memory_limit = "12"
        timeout = "5"
        tmp_size = "5q"
        network = ["example.com"]
        environment = { "A-B" = "x", C = "a$b" }
        [job_types.data-processing]
        timeout = 900
    """)
    expected = (
        "job_types.geo.requirements: 'x @ https://example.com/x.whl' has '@', that is a URL",
        "job_types.geo.memory_limit: '12' is wrong",
        "job_types.geo.timeout: '5' is wrong",
        "job_types.geo.tmp_size: '5q' is no size; expected digits and k, m or g",
        "job_types.geo.environment: 'A-B' is no name of a variable",
        "job_types.geo.network: 'example.com' is no entry of an allow-list",
        "job_types.geo.memory_limt: no such setting; did you mean 'memory_limit'?",
        "job_types.data-processing.timeout: 900 is more than max_timeout, 300",
    )
    assert len(problems) == len(expected)
    for problem, beginning in zip(problems, expected, strict=True):
        assert problem.startswith(beginning)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[job_type.geo]", "job_type: no such section; expected tables [job_types.NAME]"),
        ("job_types = 3", "job_types: expected tables [job_types.NAME]"),
        ("[job_types]\ngeo = 3", "job_types.geo: expected a table of settings"),
        ("[job_types.geo]\nname = 'x'", "job_types.geo.name: it is the name of the table already"),
        ("[job_types.'a b']", "job_types.a b.name: 'a b' is wrong"),
        ("[job_types.geo", "it is not TOML: "),
    ],
)
def test_a_file_of_another_shape_is_refused(load: Load, text: str, problem: str) -> None:
    (only,) = load.problems(text)
    assert only.startswith(problem)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(JobTypesError, match=r"nowhere\.toml.*\n.*No such file"):
        JobTypes.load(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("size", "text"), [(512 * MIB, "512m"), (1024 * MIB, "1g"), (1536 * 1024, "1536k"), (7, "7")]
)
def test_sizes_are_shown_as_they_are_written(size: int, text: str) -> None:
    assert show_size(size) == text


def test_the_file_in_the_documentation_can_be_used(load: Load) -> None:
    page = list(blocks(ROOT / "docs" / "job-types.md"))
    types = load(next(block.body for block in page if block.language == "toml"))
    assert types.find("geo").network == ("tiles.example.com:443",)
