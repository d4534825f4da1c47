"""Building environments for real: from a made-up index, in a real sandbox."""

import asyncio
import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from environments.conftest import Clock, Open
from environments.index import Index, make_sdist, make_wheel
from evalwright_server.environments import (
    EnvironmentBuildFailed,
    EnvironmentInUse,
    Environments,
    RequirementsRefused,
    UnknownEnvironment,
)

pytestmark = pytest.mark.slow


async def test_packages_are_installed_with_what_they_depend_on(
    environments: Environments, index: Index
) -> None:
    index.add(make_wheel("spam", requires=("eggs>=2",)))
    index.add(make_wheel("eggs", "1.0"))
    index.add(make_wheel("eggs", "2.5"))
    with await environments.ensure(["Spam >= 1"]) as built:
        code = "import spam, eggs; print(spam.version, eggs.version)"
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-S", "-c", code],
            env={"PYTHONPATH": str(built.site_packages)},
            capture_output=True,
            text=True,
        )
    assert done.stdout == "1.0 2.5\n"
    assert built.was_built
    (listed,) = environments.list()
    assert listed.key == built.key
    assert listed.record.requirements == ("spam>=1",)
    assert listed.record.packages == ("eggs==2.5", "spam==1.0")
    assert listed.record.size_bytes > 0


async def test_bytecode_is_there_already(environments: Environments, index: Index) -> None:
    """A job reads the folder only, so it would compile again each time."""
    index.add(make_wheel("spam"))
    with await environments.ensure(["spam"]) as built:
        assert list(built.site_packages.glob("__pycache__/spam.*.pyc"))


async def test_the_same_packages_are_one_environment_however_they_are_asked_for(
    environments: Environments, index: Index
) -> None:
    index.add(make_wheel("spam"))
    with (
        await environments.ensure(["spam"]) as first,
        await environments.ensure(["SPAM == 1.0"]) as second,
    ):
        assert first.key == second.key
        assert first.lock_hash == second.lock_hash
        assert not second.was_built


async def test_the_index_is_not_asked_again_before_the_lock_is_old(
    environments: Environments, index: Index, clock: Clock
) -> None:
    index.add(make_wheel("spam", "1.0"))
    (await environments.ensure(["spam"])).close()
    asked = index.hits.total()
    index.add(make_wheel("spam", "2.0"))
    clock.now += environments.settings.lock_seconds - 1
    with await environments.ensure(["spam"]) as built:
        assert not built.was_built
    assert index.hits.total() == asked
    clock.now += 1
    with await environments.ensure(["spam"]) as built:
        assert built.was_built
    assert {info.record.packages for info in environments.list()} == {
        ("spam==1.0",), ("spam==2.0",)
    }  # fmt: skip


async def test_an_outage_of_the_index_does_not_stop_what_is_installed(
    environments: Environments, index: Index, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requirements that were never resolved fail, as nobody could know what they stand for."""
    index.add(make_wheel("spam"))
    (await environments.ensure(["spam"])).close()
    index.stop()
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    clock.now += environments.settings.lock_seconds
    with await environments.ensure(["spam"]) as built:
        assert not built.was_built
    with pytest.raises(EnvironmentBuildFailed, match="can't be reached"):
        await environments.ensure(["eggs"])


async def test_ten_at_once_are_one_build(environments: Environments, index: Index) -> None:
    index.add(make_wheel("spam"))
    built = await asyncio.gather(*(environments.ensure(["spam"]) for _ in range(10)))
    assert len({each.key for each in built}) == 1
    for each in built:
        each.close()
    assert index.hits["/simple/spam/"] == 2, "once to resolve, once to install"


PROCESS = """
import asyncio, json, sys
from pathlib import Path
from evalwright_server.environments import Environments, PackageSettings

async def main():
    environments = Environments(Path(sys.argv[1]), PackageSettings(index=sys.argv[2], hosts=()))
    built = await asyncio.gather(*(environments.ensure(["spam"]) for _ in range(3)))
    print(json.dumps([built[0].key, built[0].was_built]))

asyncio.run(main())
"""


async def test_four_processes_at_once_are_one_build(tmp_path: Path, index: Index) -> None:
    index.add(make_wheel("spam"))
    command = [sys.executable, "-c", PROCESS, str(tmp_path / "shared"), index.url]
    processes = [
        await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE) for _ in range(4)
    ]
    outputs = [(await process.communicate())[0] for process in processes]
    found = [json.loads(output) for output in outputs]
    assert len({key for key, _ in found}) == 1
    assert [was_built for _, was_built in found].count(True) == 1


async def test_a_killed_build_leaves_nothing_in_the_way(
    tmp_path: Path, index: Index, open_environments: Open
) -> None:
    index.add(make_wheel("spam"))
    index.stuck.set()
    root = tmp_path / "shared"
    command = [sys.executable, "-c", PROCESS, str(root), index.url]
    process = await asyncio.create_subprocess_exec(*command)
    await asyncio.to_thread(index.asked.wait)
    process.kill()
    await process.wait()
    index.stuck.clear()
    index.released.set()
    environments = open_environments(root)
    with await environments.ensure(["spam"]) as built:
        assert built.was_built
    assert [each.name for each in (root / "packages").iterdir()] == [built.key]


async def test_cancelling_one_who_waits_leaves_the_build_to_the_others(
    environments: Environments, index: Index
) -> None:
    index.add(make_wheel("spam"))
    index.stuck.set()
    impatient = asyncio.ensure_future(environments.ensure(["spam"]))
    patient = asyncio.ensure_future(environments.ensure(["spam"]))
    await asyncio.to_thread(index.asked.wait)
    impatient.cancel()
    index.released.set()
    with await patient as built:
        assert built.was_built
    assert impatient.cancelled()


async def test_closing_ends_what_is_under_way(environments: Environments, index: Index) -> None:
    index.add(make_wheel("spam"))
    index.stuck.set()
    waiting = asyncio.ensure_future(environments.ensure(["spam"]))
    await asyncio.to_thread(index.asked.wait)
    await environments.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert environments.list() == []


async def test_a_folder_that_can_not_be_written_is_told(
    tmp_path: Path, open_environments: Open
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentBuildFailed, match=r"can't be kept .* Make .*file/x writable"):
        await open_environments(tmp_path / "file" / "x").ensure(["spam"])


async def test_sweeping_leaves_builds_alone(
    environments: Environments, index: Index, clock: Clock
) -> None:
    index.add(make_wheel("spam"))
    index.stuck.set()
    building = asyncio.ensure_future(environments.ensure(["spam"]))
    await asyncio.to_thread(index.asked.wait)
    clock.now += 10**9
    await environments.sweep(max_age=10**10, max_bytes=0)
    index.released.set()
    with await building as built:
        assert (built.site_packages / "spam.py").exists()


async def test_requirements_of_another_form_are_refused_before_anything_is_done(
    environments: Environments, index: Index
) -> None:
    with pytest.raises(RequirementsRefused, match="that is a URL"):
        await environments.ensure([f"spam @ {index.url}/spam.whl"])
    assert index.hits.total() == 0


async def test_an_unknown_name_is_told(environments: Environments) -> None:
    with pytest.raises(EnvironmentBuildFailed, match="Check the spelling") as caught:
        await environments.ensure(["spam"])
    assert "spam" in caught.value.log


async def test_clauses_that_contradict_each_other_are_told(
    environments: Environments, index: Index
) -> None:
    index.add(make_wheel("spam"))
    with pytest.raises(EnvironmentBuildFailed, match="Change the version clauses"):
        await environments.ensure(["spam>=2"])


async def test_what_has_no_wheel_is_not_built(environments: Environments, index: Index) -> None:
    """Building runs code of the package."""
    index.add(make_sdist("spam", "    raise SystemExit('ran')"))
    with pytest.raises(EnvironmentBuildFailed, match="SOURCE_BUILDS=1") as caught:
        await environments.ensure(["spam"])
    assert "ran" not in caught.value.log.split()


async def test_a_password_in_the_index_is_sent_and_never_shown(
    open_environments: Open, index: Index
) -> None:
    index.add(make_wheel("spam"))
    index.password = "s3cret"
    right = open_environments(index=index.url.replace("//", "//me:s3cret@"))
    (await right.ensure(["spam"])).close()
    wrong = open_environments(index=index.url.replace("//", "//me:wr0ng@"))
    with pytest.raises(EnvironmentBuildFailed) as caught:
        await wrong.ensure(["spam"])
    assert "wr0ng" not in str(caught.value)
    assert "EVALWRIGHT_PACKAGE_INDEX" in caught.value.advice


def all_arguments() -> list[bytes]:
    """Return the command lines of every process of this host."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(path.read_bytes())
    return found


async def test_a_password_in_the_index_is_in_no_processs_arguments(
    open_environments: Open, index: Index
) -> None:
    """Those can be read by everybody on the host."""
    index.add(make_wheel("spam"))
    index.password = "s3cret-in-url"
    index.stuck.set()
    environments = open_environments(index=index.url.replace("//", "//me:s3cret-in-url@"))
    building = asyncio.ensure_future(environments.ensure(["spam"]))
    await asyncio.to_thread(index.asked.wait)
    arguments = all_arguments()
    index.released.set()
    (await building).close()
    assert any(b"/build/uv" in each for each in arguments)
    assert not any(b"s3cret-in-url" in each for each in arguments)


async def test_an_environment_in_use_is_not_removed(
    environments: Environments, index: Index, clock: Clock
) -> None:
    index.add(make_wheel("spam"))
    with await environments.ensure(["spam"]) as built:
        assert environments.list()[0].in_use
        with pytest.raises(EnvironmentInUse):
            await environments.remove(built.key)
        clock.now += 1000
        assert await environments.sweep(max_age=10, max_bytes=0) == ()
        assert (built.site_packages / "spam.py").exists()
    assert not environments.list()[0].in_use
    await environments.remove(built.key)
    assert environments.list() == []
    with pytest.raises(UnknownEnvironment):
        await environments.remove(built.key)


@pytest.mark.parametrize("key", ["", "..", "../../x", "0" * 64, "cache"])
async def test_a_key_that_is_none_removes_nothing(environments: Environments, key: str) -> None:
    with pytest.raises(UnknownEnvironment):
        await environments.remove(key)


async def test_a_removed_environment_is_built_again(
    environments: Environments, index: Index
) -> None:
    index.add(make_wheel("spam"))
    with await environments.ensure(["spam"]) as built:
        pass
    assert environments.is_installed(["spam"])
    await environments.remove(built.key)
    assert not environments.is_installed(["spam"])
    with await environments.ensure(["spam"]) as again:
        assert again.was_built


async def test_sweeping_takes_what_is_old_then_what_was_used_least_recently(
    environments: Environments, index: Index, clock: Clock
) -> None:
    keys = {}
    for name in ("old", "seldom", "often"):
        index.add(make_wheel(name))
        with await environments.ensure([name]) as built:
            keys[name] = built.key
        clock.now += 100
    (await environments.ensure(["seldom"])).close()
    (await environments.ensure(["often"])).close()
    assert await environments.sweep(max_age=200, max_bytes=10**9) == (keys["old"],)
    clock.now += 1
    (await environments.ensure(["often"])).close()
    size = environments.list()[0].record.size_bytes
    assert await environments.sweep(max_age=200, max_bytes=size) == (keys["seldom"],)
    assert [info.key for info in environments.list()] == [keys["often"]]


async def test_sweeping_clears_away_leftovers_and_a_cache_that_grew(
    environments: Environments, index: Index, clock: Clock, tmp_path: Path
) -> None:
    index.add(make_wheel("spam"))
    (await environments.ensure(["spam"])).close()
    packages = tmp_path / "environments" / "packages"
    (packages / f"{'0' * 64}.tmp-1" / "deep").mkdir(parents=True)
    (packages / f"{'0' * 64}.gone-1").mkdir()
    clock.now += 10**9
    await environments.sweep(max_age=10**10, max_bytes=0)
    assert list(packages.iterdir()) == []
    assert not (tmp_path / "environments" / "cache").exists()
    with await environments.ensure(["spam"]) as built:
        assert built.was_built
