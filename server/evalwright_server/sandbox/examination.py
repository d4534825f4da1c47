"""Trying out whether and how well this host isolates code."""

from evalwright_server.sandbox.errors import SandboxUnavailable
from evalwright_server.sandbox.isolation import IsolationReport
from evalwright_server.sandbox.sandbox import Sandbox


async def examine_host() -> IsolationReport:
    """Make a sandbox, look around from inside, and make a control group.

    Returns:
        Never a failure: what prevents isolation is in the report, with the cure.
    """
    try:
        async with Sandbox() as sandbox:
            return await sandbox.probe()
    except SandboxUnavailable as problem:
        return IsolationReport(None, problem=problem)
