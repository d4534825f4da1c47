"""Control groups, those of this host for real, and what is read about those of others."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalwright_server.sandbox.cgroups import CgroupLimits, Cgroups, NoCgroups, find_cgroups
from evalwright_server.sandbox.cgroups.control_files import members
from evalwright_server.sandbox.cgroups.delegation import Undelegated, group_of_server, pass_on
from evalwright_server.sandbox.cgroups.detection import choose, open_v2
from evalwright_server.sandbox.cgroups.location import own_directories
from evalwright_server.sandbox.cgroups.tree import PREFIX

MIB = 1024 * 1024
LIMITS = CgroupLimits(memory_bytes=48 * MIB, processes=10, cpus=1.0)


@pytest.fixture
def cgroups() -> Iterator[Cgroups]:
    found = find_cgroups()
    if isinstance(found, NoCgroups):
        pytest.skip(f"{found.cause} {found.cure}")
    yield found
    found.close()


def start(script: str) -> "subprocess.Popen[bytes]":
    """Start a program that runs its script when it gets a line on stdin."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", f"import os\nos.read(0, 1)\n{script}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def homes(cgroups: Cgroups) -> list[Path]:
    return list(cgroups._homes.values())


def test_running_out_of_memory_is_told_from_a_kill(cgroups: Cgroups) -> None:
    """Both end by SIGKILL."""
    for script, is_oom in (("b'x' * (100 << 20)", True), ("os.kill(os.getpid(), 9)", False)):
        group = cgroups.open_group("job", LIMITS)
        assert group is not None
        with start(script) as process:
            group.add(process.pid)
            process.communicate(b"\n")
        assert process.returncode == -signal.SIGKILL
        assert group.oom_killed() is is_oom
        group.close()


def test_memory_and_time_are_measured(cgroups: Cgroups) -> None:
    group = cgroups.open_group("job", LIMITS)
    assert group is not None
    with start("b'x' * (20 << 20)\nwhile os.times().user < 0.2: pass") as process:
        group.add(process.pid)
        process.communicate(b"\n")
    assert 20 * MIB <= group.peak_bytes() <= 48 * MIB
    assert 0.1 < group.cpu_seconds() < 20
    assert group.memory_bytes() < 48 * MIB
    group.close()


def test_processes_are_limited_and_killed_together(cgroups: Cgroups) -> None:
    """The fork that fails is the tenth; setsid does not lead out."""
    group = cgroups.open_group("job", LIMITS)
    assert group is not None
    script = """
import time
pid, count = 1, 0
try:
    for _ in range(30):
        pid = os.fork()
        if pid == 0:
            os.setsid(); time.sleep(1000)
        count += 1
except OSError:
    print(count, flush=True)
time.sleep(1000)
"""
    with start(script) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        group.add(process.pid)
        process.stdin.write(b"\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"9\n"
        directory = homes(cgroups)[0] / "job"
        pidfds = [os.pidfd_open(pid) for pid in members(directory)]
        assert len(pidfds) == 10
        group.kill()
    for pidfd in pidfds:
        select.select([pidfd], [], [])
        os.close(pidfd)
    group.close()
    cgroups.close()
    assert not directory.exists()


def test_limits_can_be_changed_both_ways(cgroups: Cgroups) -> None:
    """A sandbox stands ready before the limits of its job are known."""
    group = cgroups.open_group("job", LIMITS)
    assert group is not None
    for size in (100, 20, 60):
        group.restrict(CgroupLimits(size * MIB, size, 0.5))
    with start("b'x' * (80 << 20)") as process:
        group.add(process.pid)
        process.communicate(b"\n")
    assert group.oom_killed()
    group.close()


def test_closing_leaves_nothing(cgroups: Cgroups) -> None:
    group = cgroups.open_group("job", LIMITS)
    assert group is not None
    places = homes(cgroups)
    with start("") as process:
        group.add(process.pid)
        group.close()
        process.wait()
    group.close()
    group.kill()
    cgroups.close()
    assert not any(place.exists() for place in places)


def test_a_name_that_is_taken_gives_no_group(cgroups: Cgroups) -> None:
    """And the one that has it stays."""
    group = cgroups.open_group("job", LIMITS)
    assert cgroups.open_group("job", LIMITS) is None
    assert (homes(cgroups)[0] / "job").exists()
    assert group is not None
    group.close()


KILLED_SERVER = """
import os, signal, subprocess
from evalwright_server.sandbox.cgroups import CgroupLimits, find_cgroups
cgroups = find_cgroups()
group = cgroups.open_group("job", CgroupLimits(64 << 20, 8))
null = subprocess.DEVNULL
orphan = subprocess.Popen(["sleep", "1000"], stdin=null, stdout=null, stderr=null)
group.add(orphan.pid)
print(*cgroups._homes.values(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_server_leaves_is_swept_and_others_are_not(cgroups: Cgroups) -> None:
    dead = subprocess.run([sys.executable, "-c", KILLED_SERVER], capture_output=True, check=False)
    left = [Path(place) for place in dead.stdout.decode().split()]
    (orphan,) = members(left[0] / "job")
    pidfd = os.pidfd_open(orphan)
    find_cgroups().close()
    select.select([pidfd], [], [])
    os.close(pidfd)
    find_cgroups().close()  # the first did not wait until the process was quite dead
    assert not any(place.exists() for place in left)
    assert all(place.exists() and place.name.startswith(PREFIX) for place in homes(cgroups))


def test_they_can_be_switched_off() -> None:
    found = find_cgroups({"EVALWRIGHT_CGROUPS": "0"})
    assert isinstance(found, NoCgroups)
    assert "EVALWRIGHT_CGROUPS" in found.cure
    assert found.layers == ()
    nothing: Cgroups = found
    assert nothing.open_group("job", LIMITS) is None


HYBRID = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
MEMBER = "4:memory:/docker/abc/x\n3:cpu,cpuacct:/slice\n2:name=systemd:/\n0::/slice\n"


def test_groups_are_found_where_they_are_mounted() -> None:
    second, first = own_directories(HYBRID, MEMBER)
    assert second == Path("/sys/fs/cgroup/unified/slice")
    assert first["memory"] == Path("/sys/fs/cgroup/memory/x")
    assert first["cpu"] == first["cpuacct"] == Path("/sys/fs/cgroup/cpu,cpuacct/slice")


def test_a_group_outside_of_what_is_mounted_is_not_found() -> None:
    _, first = own_directories(HYBRID, "4:memory:/elsewhere\n3:cpu,cpuacct:/../up\n0::/\n")
    assert first == {}


def test_none_mounted_has_a_cure() -> None:
    with pytest.raises(Undelegated, match="No file system") as caught:
        choose(None, {})
    assert caught.value.cure


def test_workers_of_a_moved_server_find_its_group() -> None:
    assert group_of_server(Path("/a/supervisor")) == Path("/a")
    assert group_of_server(Path("/a")) == Path("/a")


def test_a_group_without_the_controllers_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu pids\n")
    with pytest.raises(Undelegated, match="lacks the controllers memory"):
        open_v2(tmp_path)


def test_the_server_moves_aside_before_controllers_are_passed_on(tmp_path: Path) -> None:
    """Plain files in place of the kernel's: this shows what is written, not that it works."""
    for name in ("cgroup.type", "cgroup.subtree_control"):
        (tmp_path / name).write_text("")
    (tmp_path / "cgroup.procs").write_text("123\n0\n")
    leaf = tmp_path / "supervisor"
    leaf.mkdir()
    (leaf / "cgroup.procs").write_text("")
    pass_on(tmp_path, ("memory", "pids"))
    assert (leaf / "cgroup.procs").read_text() == "123"
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory +pids"
