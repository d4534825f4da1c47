"""A process that tries cases on a sandbox of one configuration.

A program: `python -m security.range_process [--template]`. It reads names of cases, one a line,
and answers each with a line of JSON. An account of its own or other variables are for whoever
starts it to see to.
"""

import asyncio
import json
import sys
import time

from evalwright_server.attack import CASES, plant
from evalwright_server.sandbox import Sandbox
from security.direct import Range

_CASES = {f"{case.group}/{case.name}": case for case in CASES}


async def serve(*, template: bool) -> None:
    """Try what is asked for until there is nothing more."""
    loop = asyncio.get_running_loop()
    with plant() as canaries:
        async with Sandbox() as sandbox:
            await sandbox.probe()
            range_ = Range(sandbox, canaries, template=template)
            while line := await loop.run_in_executor(None, sys.stdin.readline):
                began = time.monotonic()
                verdict = await range_.run(_CASES[line.strip()])
                seconds = time.monotonic() - began
                answer = {"word": verdict.word, "evidence": verdict.evidence, "seconds": seconds}
                print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(template="--template" in sys.argv[1:]))
