"""What a job leaves behind is read safely, whatever it is."""

import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from textwrap import dedent

import pytest

from evalwright_server.sandbox import (
    ArtifactLimits,
    Collection,
    OutputDirectory,
    Sandbox,
    SandboxJob,
    SandboxLimits,
    SandboxStatus,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

MIB = 1024 * 1024
GENEROUS = ArtifactLimits(count=100, size=10 * MIB, total=50 * MIB)

Leave = Callable[..., Awaitable[Collection]]


@pytest.fixture
def leave(sandbox: Sandbox, template: str | None) -> Leave:
    """Run a script in /output, and collect what it leaves."""

    async def run(script: str, limits: ArtifactLimits = GENEROUS) -> Collection:
        source = "import os\nos.chdir('/output')\n" + dedent(script)
        job = SandboxJob(source, limits=SandboxLimits(wall_seconds=20), template=template)
        async with sandbox.execute(job) as ended:
            assert ended.result.exit_code == 0, ended.result
            return ended.output.collect(limits)

    return run


def reasons(collection: Collection) -> dict[str, str]:
    return {each.name: each.reason for each in collection.left_out}


async def test_files_are_found_and_read(sandbox: Sandbox, template: str | None) -> None:
    script = """
import os
open("/output/b.txt", "w").write("hello")
open("/output/a.bin", "wb").write(bytes(3_000_000))
open("/output/empty.json", "w")
"""
    job = SandboxJob(script, template=template)
    async with sandbox.execute(job) as ended:
        found = ended.output.collect(GENEROUS)
        contents = {file.name: b"".join(ended.output.read(file.name)) for file in found.files}
    assert [(file.name, file.size, file.content_type) for file in found.files] == [
        ("a.bin", 3_000_000, "application/octet-stream"),
        ("b.txt", 5, "text/plain"),
        ("empty.json", 0, "application/json"),
    ]
    assert contents["b.txt"] == b"hello"
    for file in found.files:
        assert hashlib.sha256(contents[file.name]).hexdigest() == file.sha256
    assert found.left_out == []


async def test_output_of_a_failed_job_is_kept(sandbox: Sandbox, template: str | None) -> None:
    script = "open('/output/part', 'w').write('so far')\nwhile True: pass"
    job = SandboxJob(script, limits=SandboxLimits(wall_seconds=0.3), template=template)
    async with sandbox.execute(job) as ended:
        assert ended.result.status is SandboxStatus.TIMEOUT
        assert [file.name for file in ended.output.collect(GENEROUS).files] == ["part"]


async def test_output_is_gone_after_use(sandbox: Sandbox) -> None:
    async with sandbox.execute(SandboxJob("open('/output/x', 'w')")) as ended:
        pass
    assert ended.output.collect(GENEROUS) == Collection([], [])
    with pytest.raises(FileNotFoundError):
        b"".join(ended.output.read("x"))


async def test_only_regular_files_count(leave: Leave) -> None:
    found = await leave("""
        import socket
        open("good", "w").write("x")
        os.mkdir("folder")
        open("folder/inside", "w").write("x")
        os.mkfifo("fifo")
        socket.socket(socket.AF_UNIX).bind("socket")
        os.symlink("/proc/self/environ", "link")
        os.symlink("/etc/passwd", "passwd")
        os.symlink("good", "beside")
        os.symlink("loop", "loop")
        open("hard", "w").write("x")
        os.link("hard", "harder")
        os.link("/output/hard", "/output/folder/hardest")
    """)
    assert [file.name for file in found.files] == ["good"]
    assert reasons(found) == {
        "beside": "it is a symbolic link",
        "fifo": "it is no regular file",
        "folder": "it is a folder",
        "hard": "it has several names (hard links)",
        "harder": "it has several names (hard links)",
        "link": "it is a symbolic link",
        "loop": "it is a symbolic link",
        "passwd": "it is a symbolic link",
        "socket": "it is no regular file",
    }


async def test_names_that_could_not_be_asked_for_are_left_out(leave: Leave) -> None:
    found = await leave(r"""
        for name in [b".hidden",
                     b"back\\slash", b"new\nline", b"\xff\xfe", b"esc\x1b[31m", b"tab\t",
                     "right\u202eleft".encode(), "zero\u200bwidth".encode(),
                     b"good name.txt", "\u00fc\u4e2d\U0001f600".encode(), b"x" * 255, b"'\"; &%2e"]:
            open(name, "w")
    """)
    assert [file.name for file in found.files] == sorted(
        ["good name.txt", "\u00fc\u4e2d\U0001f600", "x" * 255, "'\"; &%2e"]
    )
    left_out = reasons(found)
    assert len(left_out) == 8
    assert all(name.isprintable() for name in left_out)


@pytest.mark.parametrize("mode", [0, 0o200, 0o111])
async def test_files_and_folder_without_rights_are_read_all_the_same(
    leave: Leave, mode: int
) -> None:
    """The server may be an ordinary user, to whom such rights apply."""
    found = await leave(f"""
        open("file", "w").write("x")
        os.chmod("file", {mode})
        os.chmod("/output", {mode})
    """)
    assert [file.name for file in found.files] == ["file"]


async def test_counts_and_sizes_are_limited(leave: Leave) -> None:
    script = """
        for number in range(6):
            open(f"file{number}", "wb").write(b"x" * (number * 100))
        open("result.json", "w").write("{}")
    """
    found = await leave(script, ArtifactLimits(count=3, size=10_000, total=10_000))
    assert [file.name for file in found.files] == ["file0", "file1", "result.json"]
    assert reasons(found)["file5"] == "more than 3 files"
    found = await leave(script, ArtifactLimits(count=10, size=250, total=10_000))
    assert [file.size for file in found.files] == [0, 100, 200, 2]
    assert reasons(found)["file5"] == "larger than 250 bytes"
    found = await leave(script, ArtifactLimits(count=10, size=1000, total=650))
    assert [file.size for file in found.files] == [0, 100, 200, 300, 2]
    assert reasons(found)["file5"] == "no room is left for it among all files"


async def test_sparse_files_are_not_read_to_their_end(leave: Leave) -> None:
    found = await leave("os.truncate(os.open('huge', os.O_CREAT | os.O_RDWR), 60 * 2 ** 20)")
    assert reasons(found) == {"huge": f"larger than {10 * MIB} bytes"}


async def test_a_deep_tree_is_not_gone_into(leave: Leave) -> None:
    found = await leave("""
        for _ in range(3000):
            os.mkdir("d")
            os.chdir("d")
        open("/output/file", "w")
    """)
    assert [file.name for file in found.files] == ["file"]


async def test_countless_files_are_looked_at_only_so_far(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalwright_server.sandbox.output.LONGEST_LOOK", 500)
    script = "for n in range(2000): open(f'/output/{n}', 'w')"
    async with sandbox.execute(SandboxJob(script)) as ended:
        found = ended.output.collect(GENEROUS)
    assert len(found.files) == 100
    assert len(found.left_out) == 100


async def test_nothing_writes_while_files_are_read(sandbox: Sandbox, template: str | None) -> None:
    """A daemon of the job is dead by then."""
    script = """
import os, time
reading, writing = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            open("/output/file", "a").write("x")
            os.write(writing, b"x")
    os._exit(0)
os.read(reading, 1)
"""
    async with sandbox.execute(SandboxJob(script, template=template)) as ended:
        sizes = {ended.output.collect(GENEROUS).files[0].size for _ in range(100)}
    assert len(sizes) == 1


async def test_what_is_no_folder_holds_nothing(tmp_path: Path) -> None:
    """Packages that are imported early could send any descriptor."""
    (tmp_path / "file").write_text("x")
    with OutputDirectory(os.open(tmp_path / "file", os.O_RDONLY)) as output:
        assert output.collect(GENEROUS) == Collection([], [])


async def test_what_was_not_collected_is_not_found(tmp_path: Path) -> None:
    output_folder = tmp_path / "output"
    (output_folder / "folder").mkdir(parents=True)
    for place in (tmp_path / "secret", output_folder / ".hidden", output_folder / "folder/inside"):
        place.write_text("x")
    with OutputDirectory(os.open(output_folder, os.O_RDONLY)) as output:
        for name in ("nothing", "folder", "folder/inside", "../secret", ".hidden", "", ".", "..",
                     str(tmp_path / "secret")):  # fmt: skip
            with pytest.raises(FileNotFoundError):
                b"".join(output.read(name))
