"""Jobs with packages: a folder of the host that they can import from, and not change."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from evalwright_server.sandbox import Sandbox, SandboxJob

pytestmark = pytest.mark.slow


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Not reached by other accounts, as pytest's folders are root's alone."""
    folder = tmp_path / "packages" / "key" / "site-packages"
    folder.mkdir(parents=True)
    for each in (folder, *folder.parents[:2]):
        each.chmod(0o755)
    (folder / "spam.py").write_text("version = 1\n")
    return folder


@pytest_asyncio.fixture
async def sandbox(packages: Path) -> AsyncIterator[Sandbox]:
    async with Sandbox(warm=1, packages=packages.parents[1]) as opened:
        yield opened


async def test_packages_can_be_imported_and_not_changed(sandbox: Sandbox, packages: Path) -> None:
    result = await sandbox.run(
        SandboxJob(
            "import spam, subprocess, sys\n"
            "print(spam.version, spam.__file__)\n"
            "try:\n"
            "    open(spam.__file__, 'w')\n"
            "except OSError as error:\n"
            "    print(type(error).__name__)\n",
            site_packages=packages,
        )
    )
    assert result.stdout == "1 /env/site-packages/spam.py\nOSError\n", result


async def test_packages_that_came_later_are_seen(sandbox: Sandbox, packages: Path) -> None:
    """The folder of all packages is shown to the sandboxes' account, not each as it comes."""
    await sandbox.probe()
    later = packages.parents[1] / "other" / "site-packages"
    later.mkdir(parents=True)
    for each in (later, later.parent):
        each.chmod(0o755)
    (later / "eggs.py").write_text("version = 2\n")
    job = SandboxJob("import eggs; print(eggs.version)", site_packages=later)
    assert (await sandbox.run(job)).stdout == "2\n"


def replace(packages: Path) -> None:
    packages.rename(packages.with_name("gone"))
    packages.mkdir()
    packages.chmod(0o755)
    (packages / "spam.py").write_text("version = 2\n")


async def test_a_sandbox_that_stood_ready_does_not_outlive_its_packages(
    sandbox: Sandbox, packages: Path
) -> None:
    """They were removed and installed again meanwhile; what it has bound is the old folder."""
    job = SandboxJob("import spam; print(spam.version)", site_packages=packages)
    assert (await sandbox.run(job)).stdout == "1\n"
    while not sandbox.ready:  # noqa: ASYNC110 - made in the background
        await asyncio.sleep(0.01)
    replace(packages)
    result = await sandbox.run(job)
    assert result.stdout == "2\n"
    assert not result.was_warm
