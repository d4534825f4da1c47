"""Whether a sandbox isolates: tried once, from inside, before anything is entrusted to it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from evalwright_server.sandbox.diagnosis import diagnose
from evalwright_server.sandbox.errors import SandboxUnavailable
from evalwright_server.sandbox.job import SandboxJob, SandboxLimits, SandboxResult
from evalwright_server.sandbox.supervision import MessageCallback

RunJob = Callable[[SandboxJob, MessageCallback], Awaitable[SandboxResult]]

SCRIPT: Final = """
import json, os, resource
def attempt(path, flags):
    try:
        os.close(os.open(path, flags))
        return "open"
    except OSError as error:
        return "closed"
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
networks = [line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]]
places = [attempt(place + "/evalwright-self-check", os.O_CREAT | os.O_WRONLY)
          for place in ("", "/app", "/code", "/input", "/dev", "/usr")]
os.write(3, json.dumps({
    "name spaces": {name: os.readlink("/proc/self/ns/" + name)
                    for name in os.listdir("/proc/self/ns")},
    "capabilities": int(status["CapEff"], 16) | int(status["CapBnd"], 16),
    "no new privileges": int(status["NoNewPrivs"]),
    "filter": int(status["Seccomp"]),
    "processes": sum(name.isdigit() for name in os.listdir("/proc")),
    "networks": networks,
    "places to write": places.count("open"),
    "kernel settings": attempt("/proc/sys/kernel/core_pattern", os.O_WRONLY),
    "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd")),
    "limits": [resource.getrlimit(kind)[1]
               for kind in (resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)],
}).encode() + b"\\n")
"""

LIMITS: Final = SandboxLimits(wall_seconds=30)

EXPECTED: Final[Mapping[str, Any]] = {
    "capabilities": 0,
    "no new privileges": 1,
    "filter": 2,
    "processes": 2,
    "networks": ["lo"],
    "places to write": 0,
    "kernel settings": "closed",
    # 4 is the directory being listed.
    "descriptors": [0, 1, 2, 3, 4],
    "limits": [LIMITS.processes, LIMITS.open_files, 0],
}
"""What the script must find."""

NAMESPACES: Final = {
    "user": "user_namespace",
    "pid": "pid_namespace",
    "mnt": "mount_namespace",
    "net": "network_namespace",
    "ipc": "ipc_namespace",
    "uts": "uts_namespace",
    "cgroup": "cgroup_namespace",
}
"""Layers by the kernel's names."""
OPTIONAL: Final = ("cgroup",)
"""Not every kernel has it, and what it hides is no secret."""

PROVEN: Final = (
    "no_capabilities", "no_new_privileges", "seccomp", "read_only_root", "kernel_settings_closed",
    "rlimits",
)  # fmt: skip
"""Layers that are on where everything was as expected."""


async def self_check(run: RunJob) -> tuple[str, ...]:
    """Run the script and compare.

    Args:
        run: Runs a job in the sandbox under test.

    Returns:
        The layers found to be on.

    Raises:
        SandboxUnavailable: It does not run, or it sees more than it should.
    """
    lines: list[bytes] = []
    result = await run(SandboxJob(SCRIPT, limits=LIMITS), lines.append)
    if len(lines) != 1:
        raise diagnose(result.stderr or result.reason)
    found = json.loads(lines[0])
    apart = [name for name in NAMESPACES if is_apart(name, found["name spaces"])]
    wrong = [f"{name} {found[name]}, not {want}" for name, want in EXPECTED.items()
             if found[name] != want]  # fmt: skip
    wrong += [f"{name} name space shared with the host" for name in NAMESPACES
              if name not in (*apart, *OPTIONAL)]  # fmt: skip
    if wrong:
        raise SandboxUnavailable(
            f"It isolates less than it should: {'; '.join(wrong)}.",
            "Don't run untrusted code on this host; please report the kernel and bubblewrap.",
        )
    return (*(NAMESPACES[name] for name in apart), *PROVEN)


def is_apart(name: str, inside: Mapping[str, str]) -> bool:
    """Tell whether a name space is another one than this process's."""
    with suppress(OSError):
        return inside.get(name, "") not in {"", str(Path(f"/proc/self/ns/{name}").readlink())}
    return False
