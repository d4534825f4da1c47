"""Packages that mean harm: what they reach while they are installed or built."""

import os
import socket
import textwrap
from pathlib import Path
from typing import Any

import pytest

from environments.conftest import Open
from environments.index import Index, make_sdist, make_wheel
from evalwright_server.environments import EnvironmentBuildFailed, Environments

pytestmark = pytest.mark.slow


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file of the host that everybody may read and write, if only it is found."""
    path = tmp_path / "canary"
    path.write_text("alive")
    path.chmod(0o666)
    return path


def listed(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def found_by(environments: Environments, index: Index, body: str) -> Any:
    """Build a package whose build runs the body of a function; return what that returned."""
    index.add(make_sdist("spam", textwrap.indent(textwrap.dedent(body), "    ")))
    with await environments.ensure(["spam"]) as built:
        names: dict[str, Any] = {}
        exec((built.site_packages / "spam.py").read_text(), names)
        return names["found"]


async def test_a_build_sees_nothing_of_the_host(
    open_environments: Open, index: Index, canary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALWRIGHT_SECRET_KEY", "s3cret")
    found = await found_by(
        open_environments(source_builds=True),
        index,
        f"""
        import os
        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        return {{
            "canary": os.path.exists({str(canary)!r}),
            "home": os.path.exists("/root") and os.listdir("/root"),
            "users": os.path.exists("/etc/passwd"),
            "secret": "s3cret" in str(os.environ),
            "processes": sum(name.isdigit() for name in os.listdir("/proc")) < 10,
            "capabilities": int(status["CapEff"], 16) | int(status["CapBnd"], 16),
            "filter": int(status["Seccomp"]),
            "networks": [line.split(":")[0].strip() for line in open("/proc/net/dev")][2:],
            "target": os.path.exists("/build/target") and os.listdir("/build/target"),
        }}
        """,
    )
    assert found["canary"] is False
    assert not set(found["home"] or []) - {".pyenv"}, "at most what leads to the interpreter"
    assert (found["users"], found["secret"], found["processes"]) == (False, False, True)
    assert (found["capabilities"], found["filter"], found["networks"]) == (0, 2, ["lo"])
    assert found["target"] in (False, [".lock"]), "it is there, and nothing else is, if installing"


async def test_a_build_reaches_the_index_and_nothing_else(
    open_environments: Open, index: Index
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        found = await found_by(
            open_environments(source_builds=True),
            index,
            f"""
            import urllib.error, urllib.request
            def ask(url, direct=False):
                handler = urllib.request.ProxyHandler({{}} if direct else None)
                try:
                    opener = urllib.request.build_opener(handler)
                    return opener.open(url, timeout=10).status
                except urllib.error.HTTPError as error:
                    return error.code
                except OSError as error:
                    return "unreachable"
            return [
                ask("{index.url}/spam/"),
                ask("{index.url}/spam/", direct=True),
                ask("http://127.0.0.1:{port}/"),
                ask("http://169.254.169.254/latest/meta-data/"),
                ask("http://localhost:{port}/"),
            ]
            """,
        )
    assert found == [200, "unreachable", 403, 403, 403]


async def test_a_build_leaves_nothing_for_the_next(open_environments: Open, index: Index) -> None:
    """With source builds, each has a cache of its own: a shared one could be poisoned."""
    environments = open_environments(source_builds=True)
    await found_by(
        environments,
        index,
        """
        import os
        cache = os.environ["UV_CACHE_DIR"]
        with open(cache + "/poison", "w") as file:
            file.write("x")
        """,
    )
    left = [path for path in environments.root.rglob("*") if path.name == "poison"]
    assert left == []
    assert len(list((environments.root / "packages").iterdir())) == 1


MIB = 1024 * 1024
SLEEP = "import os, time; time.sleep(1000)"
FILL_MEMORY = """
import mmap, time
memory = mmap.mmap(-1, 400 * 1024**2)
for at in range(0, len(memory), 4096):
    memory[at] = 1
time.sleep(1000)
"""
FILL_TMP = """
import time
with open("/tmp/filler", "wb") as file:
    for _ in range(300):
        file.write(bytes(1024**2))
time.sleep(1000)
"""
FILL_DISK = """
import os, time
for n in range(4):
    with open(f"{os.environ['UV_CACHE_DIR']}/{n}", "wb") as file:
        file.write(bytes(40 * 1024**2))
time.sleep(1000)
"""


@pytest.mark.parametrize(
    ("settings", "body", "reason"),
    [
        ({"timeout": 4.0}, SLEEP, "took longer than 4 seconds"),
        ({"memory_bytes": 256 * MIB}, FILL_MEMORY, "needed more than 256 MiB of memory"),
        ({"memory_bytes": 256 * MIB}, FILL_TMP, "needed more than 256 MiB of memory"),
        ({"disk_bytes": 64 * MIB}, FILL_DISK, "filled more than 64 MiB of the disk"),
    ],
    ids=["time", "memory", "files in memory", "disk"],
)
async def test_a_build_that_takes_too_much_is_ended(
    open_environments: Open, index: Index, settings: dict[str, Any], body: str, reason: str
) -> None:
    environments = open_environments(source_builds=True, **settings)
    with pytest.raises(EnvironmentBuildFailed, match=reason):
        await found_by(environments, index, body)
    assert list((environments.root / "packages").iterdir()) == []


async def test_a_build_can_not_fill_the_host_with_processes(
    open_environments: Open, index: Index
) -> None:
    found = await found_by(
        open_environments(source_builds=True),
        index,
        """
        import os, signal
        children = []
        try:
            while len(children) < 2000:
                child = os.fork()
                if child == 0:
                    signal.pause()
                children.append(child)
        except OSError:
            pass
        for child in children:
            os.kill(child, signal.SIGKILL)
        return len(children)
        """,
    )
    assert found < 600


async def test_what_a_build_leaves_running_dies_with_it(
    open_environments: Open, index: Index
) -> None:
    """Even if it has taken the installer's own stderr, which the server reads to its end."""
    found = await found_by(
        open_environments(source_builds=True),
        index,
        """
        import os, signal, time
        if os.fork() == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            installer = next(pid for pid in os.listdir("/proc") if pid.isdigit()
                             and b"/build/uv" in open(f"/proc/{pid}/cmdline", "rb").read())
            held = os.open(f"/proc/{installer}/fd/2", os.O_WRONLY)
            for fd in set(range(64)) - {held}:
                try:
                    os.close(fd)
                except OSError:
                    pass
            time.sleep(1000)
        return "built"
        """,
    )
    assert found == "built"


@pytest.mark.parametrize("path", ["../../../escaped.py", "/build/../escaped.py", "a/../../b.py"])
async def test_a_wheel_can_not_write_beside_its_folder(
    environments: Environments, index: Index, tmp_path: Path, path: str
) -> None:
    index.add(make_wheel("spam", files={"spam.py": "", path: "x = 1"}))
    before = {*listed(tmp_path), environments.root}
    try:
        with await environments.ensure(["spam"]) as built:
            inside = {each.name for each in built.site_packages.rglob("*")}
            assert inside - {"spam.py", "b.py", "escaped.py"} >= {"spam-1.0.dist-info"}
    except EnvironmentBuildFailed:
        pass  # uv refuses it, which is as good
    assert set(listed(tmp_path)) == before


async def test_links_in_a_wheel_do_not_survive(
    environments: Environments, index: Index, canary: Path
) -> None:
    """Whoever read through one would leave the folder."""
    links = {"secrets": str(canary), "out/there": "../../../../.."}
    index.add(make_wheel("spam", links=links))
    try:
        built = await environments.ensure(["spam"])
    except EnvironmentBuildFailed:
        return
    with built:
        assert not [each for each in built.site_packages.rglob("*") if each.is_symlink()]


async def test_a_sealed_folder_is_readable_for_all_and_writable_for_none(
    environments: Environments, index: Index
) -> None:
    """The jobs' account is nobody's; and what an installer's account owns, it could change."""
    index.add(make_wheel("spam", files={"spam/__init__.py": "", "spam.pth": "import os"}))
    with await environments.ensure(["spam"]) as built:
        for each in (built.site_packages, *built.site_packages.rglob("*")):
            status = each.lstat()
            assert status.st_uid == os.geteuid()
            assert status.st_mode & 0o022 == 0
            assert status.st_mode & 0o444 == 0o444
