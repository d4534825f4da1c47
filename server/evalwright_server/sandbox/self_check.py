"""Whether a sandbox isolates: tried once, from inside, before anything is entrusted to it."""

import json
from collections.abc import Awaitable, Callable
from typing import Final

from evalwright_server.sandbox.diagnosis import diagnose
from evalwright_server.sandbox.errors import SandboxUnavailable
from evalwright_server.sandbox.job import SandboxJob, SandboxLimits, SandboxResult
from evalwright_server.sandbox.supervision import MessageCallback

RunJob = Callable[[SandboxJob, MessageCallback], Awaitable[SandboxResult]]

SCRIPT: Final = """
import json, os
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
networks = [line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]]
try:
    os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
    kernel = "writable"
except OSError:
    kernel = "closed"
os.write(3, json.dumps({
    "capabilities": int(status["CapEff"], 16) | int(status["CapBnd"], 16),
    "no new privileges": int(status["NoNewPrivs"]),
    "filter": int(status["Seccomp"]),
    "processes": sum(name.isdigit() for name in os.listdir("/proc")),
    "networks": networks,
    "kernel settings": kernel,
    "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd")),
}).encode() + b"\\n")
"""

EXPECTED: Final = {
    "capabilities": 0,
    "no new privileges": 1,
    "filter": 2,
    "processes": 2,
    "networks": ["lo"],
    "kernel settings": "closed",
    # 4 is the directory being listed.
    "descriptors": [0, 1, 2, 3, 4],
}
"""What the script must find."""


async def self_check(run: RunJob) -> None:
    """Run the script and compare.

    Args:
        run: Runs a job in the sandbox under test.

    Raises:
        SandboxUnavailable: It does not run, or it sees more than it should.
    """
    lines: list[bytes] = []
    result = await run(SandboxJob(SCRIPT, limits=SandboxLimits(wall_seconds=30)), lines.append)
    if len(lines) != 1:
        raise diagnose(result.stderr or result.reason)
    found = json.loads(lines[0])
    wrong = [f"{name} {found[name]}, not {want}" for name, want in EXPECTED.items()
             if found[name] != want]  # fmt: skip
    if wrong:
        raise SandboxUnavailable(
            f"It isolates less than it should: {'; '.join(wrong)}.",
            "Don't run untrusted code on this host; please report the kernel and bubblewrap.",
        )
