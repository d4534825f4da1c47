"""A process that tries cases on a sandbox of one configuration.

A program: `python -m security.range_process [--template]`. It reads names of cases, one a line,
and answers each with a line of JSON; `isolation` asks what isolates. An account
of its own or other variables are for whoever starts it to see to.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict

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
                print(json.dumps(await answer(range_, line.strip())), flush=True)


async def answer(range_: Range, name: str) -> dict[str, object]:
    """Do what was asked for."""
    if name == "isolation":
        return asdict(await range_.isolation())
    began = time.monotonic()
    verdict = await range_.run(_CASES[name])
    seconds = time.monotonic() - began
    return {"word": verdict.word, "evidence": verdict.evidence, "seconds": seconds}


if __name__ == "__main__":
    asyncio.run(serve(template="--template" in sys.argv[1:]))
