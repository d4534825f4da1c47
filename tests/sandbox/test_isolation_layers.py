"""The sandbox as root with control groups, as root without, and as a plain user.

Each time by a process of its own, which says how its jobs ended and what kept them apart.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalwright_server.sandbox.cgroups import NoCgroups, find_cgroups
from evalwright_server.sandbox.cgroups.tree import PREFIX
from sandbox.accounts_of_tests import run_as_root, run_as_user

pytestmark = pytest.mark.slow

SCRIPT = '''
import asyncio, json, os
from dataclasses import asdict
from evalwright_server.sandbox import Sandbox, SandboxJob, SandboxLimits

MIB = 1 << 20
JOBS = {
    "plain": ("import os; print(os.getuid(), os.path.exists('/etc/passwd'))", {}),
    "private memory": ("kept = [bytearray(b'x' * MIB) for _ in range(300)]", {}),
    "shared memory": ("""
import mmap
kept = mmap.mmap(-1, 300 * MIB)
for place in range(0, len(kept), 4096):
    kept[place] = 1
""", {}),
    "memory of many": ("""
import os, time
kept = bytearray(b"x" * 30 * MIB)
for _ in range(6):
    if os.fork() == 0:
        kept = bytearray(b"x" * 30 * MIB)
        time.sleep(20)
        os._exit(0)
time.sleep(20)
""", {}),
    "kills itself": ("import os; os.kill(os.getpid(), 9)", {}),
    "too many processes": ("""
import os, time
count = 0
try:
    for _ in range(50):
        if os.fork() == 0:
            time.sleep(20)
            os._exit(0)
        count += 1
except OSError:
    print("refused", count <= 12)
""", {"processes": 12}),
    "daemons": ("""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(0)
time.sleep(1000)
""", {"wall_seconds": 0.5}),
    "processor": ("while True: pass", {"cpu_seconds": 0.4}),
}

async def main():
    async with Sandbox(warm=1) as sandbox:
        report = await sandbox.probe()
        ends = {}
        for name, (script, limits) in JOBS.items():
            values = {"wall_seconds": 20, "memory_bytes": 100 * MIB, **limits}
            job = SandboxJob(f"MIB = {MIB}\\n{script}", limits=SandboxLimits(**values))
            result = await sandbox.run(job)
            ends[name] = [str(result.status), result.exit_code, result.stdout]
        isolation, usage = asdict(result.isolation), asdict(result.usage)
    print(json.dumps({"report": report.view(), "ends": ends, "isolation": isolation,
                      "usage": usage, "pid": os.getpid()}))

asyncio.run(main())
'''

ENDS = {
    "plain": ["exited", 0, "1000 False\n"],
    "private memory": "oom",
    "shared memory": "oom",
    "memory of many": "oom",
    "kills itself": ["exited", 137, ""],
    "too many processes": ["exited", 0, "refused True\n"],
    "daemons": "timeout",
    "processor": "timeout",
}

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def check(run: Callable[..., str], **environment: str) -> dict[str, Any]:
    """Run all jobs; everything must end in the same way wherever it runs."""
    found: dict[str, Any] = json.loads(run(SCRIPT, **environment))
    for name, want in ENDS.items():
        end = found["ends"][name]
        assert (end if isinstance(want, list) else end[0]) == want, (name, end)
    report, isolation = found["report"], found["isolation"]
    assert isolation["driver"] == report["driver"] == "bubblewrap"
    assert isolation["level"] == report["level"]
    assert set(report["layers"]) - set(isolation["layers"]) == set()
    assert found["usage"]["cpu_seconds"] > 0.3
    assert groups_of(found["pid"]) == []
    return found


def groups_of(pid: int) -> list[Path]:
    """Find the groups that a process made."""
    return list(Path("/sys/fs/cgroup").glob(f"**/{PREFIX}{pid}-*"))


@as_root
def test_root_with_control_groups() -> None:
    cgroups = find_cgroups()
    cgroups.close()
    if isinstance(cgroups, NoCgroups):
        pytest.skip(f"{cgroups.cause} {cgroups.cure}")
    found = check(run_as_root)
    assert found["report"]["level"] == "cgroup"
    layers = found["isolation"]["layers"]
    assert {"dedicated_uid", *cgroups.layers} <= set(layers)
    assert "memory_watcher" not in layers
    assert [layer["layer"] for layer in found["report"]["missing"]] == []


@as_root
def test_root_without_control_groups() -> None:
    found = check(run_as_root, EVALWRIGHT_CGROUPS="0")
    assert found["report"]["level"] == "namespaces"
    layers = found["isolation"]["layers"]
    assert {"dedicated_uid", "memory_watcher"} <= set(layers)
    missing = found["report"]["missing"]
    assert [layer["layer"] for layer in missing] == ["cgroup_memory", "cgroup_pids", "cgroup_cpu"]
    assert "EVALWRIGHT_CGROUPS" in missing[0]["cure"]


def test_plain_user() -> None:
    """With whatever control groups the host gives to such, mostly none."""
    found = check(run_as_user)
    missing = {layer["layer"]: layer for layer in found["report"]["missing"]}
    assert "dedicated_uid" in missing
    assert all(layer["reason"] and layer["cure"] for layer in missing.values())
    assert (found["report"]["level"] == "cgroup") == ("cgroup_memory" not in missing)
