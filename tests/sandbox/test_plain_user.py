"""An ordinary user's server has templates and reads outputs as root's does."""

import json
import os

import pytest

from sandbox.accounts_of_tests import run_as_user

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="the other tests are it, then"),
]

SCRIPT = '''
import asyncio, json
from evalwright_server.sandbox import ArtifactLimits, Sandbox, SandboxJob

JOB = """
import os, socket
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
closed = []
for path in ("/code/main.py", "/input/data", "/proc/1/mem", "/proc/sys/kernel/core_pattern"):
    for deed in (lambda: open(path, "r+b"), lambda: os.chmod(path, 0o777)):
        try: deed()
        except OSError: closed.append(path)
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname())
print(os.getpid(), int(status["CapBnd"], 16), status["Seccomp"].strip(), len(closed),
      os.listdir("/slots") if os.path.exists("/slots") else [])
open("/output/file", "w").write("x")
os.chmod("/output/file", 0)
os.chmod("/output", 0)
"""

async def main():
    ends = []
    async with Sandbox(warm=1) as sandbox:
        for template in (None, "tenant"):
            job = SandboxJob(JOB, {"data": b""}, template=template)
            async with sandbox.execute(job) as ended:
                files = ended.output.collect(ArtifactLimits(9, 999, 999)).files
                ends.append([ended.result.stdout, ended.result.stderr, [f.name for f in files]])
    print(json.dumps(ends))

asyncio.run(main())
'''


@pytest.mark.parametrize("cgroups", ["0", "1"])
def test_both_kinds_of_sandboxes_serve_an_ordinary_user(cgroups: str) -> None:
    ends = json.loads(run_as_user(SCRIPT, EVALWRIGHT_CGROUPS=cgroups))
    assert ends == [["2 0 2 8 []\n", "", ["file"]]] * 2
