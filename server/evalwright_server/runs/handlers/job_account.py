"""A job's report, put together from what its supervisor measured. Pure."""

import hashlib
import json
import platform
from typing import Final

from pydantic import JsonValue

from evalwright_server.runs.handlers.job_files import Files
from evalwright_server.runs.job_report import JobError, JobRecord, JobReport, OutputPiece, Timing
from evalwright_server.runs.job_verdict import NEVER_RAN, Verdict
from evalwright_server.sandbox import SandboxResult, SandboxUsage

MIB: Final = 1024 * 1024


def report_of_run(
    result: SandboxResult,
    verdict: Verdict,
    files: Files,
    last_output: list[OutputPiece],
    timing: Timing,
    lock_hash: str,
) -> JobReport:
    """Return the report of a program that was started.

    Args:
        result: What the supervisor says.
        verdict: How that is judged.
        files: What it left.
        last_output: What was not sent while it ran.
        timing: Where the time went.
        lock_hash: Of the installed packages, empty without any.
    """
    record = JobRecord(
        exit_code=verdict.exit_code,
        error=verdict.error,
        timing=timing,
        runtime=result.isolation.driver,
        isolation={
            "driver": result.isolation.driver,
            "level": result.isolation.level,
            "layers": list(result.isolation.layers),
        },
        resource_usage=usage_of(result.usage),
        stdout_truncated=result.stdout_truncated,
        stderr_truncated=result.stderr_truncated,
        note=files.output.note,
        artifacts_left_out=files.left_out,
        was_warm=result.was_warm,
    )
    return JobReport(
        record.to_json(),
        result.stdout,
        result.stderr,
        files.output.text,
        environment_hash(lock_hash),
        output_hash(result.stdout, files),
        files.kept,
        last_output,
    )


def report_of_start(error: JobError, timing: Timing, stderr: str = "") -> JobReport:
    """Return the report of a program that was never started."""
    record = JobRecord(exit_code=NEVER_RAN, error=error, timing=timing)
    return JobReport(record.to_json(), stderr=stderr)


def usage_of(usage: SandboxUsage) -> dict[str, JsonValue]:
    """Return what was measured, under each of the names that clients know."""
    peak = round(usage.peak_memory_bytes / MIB, 3)
    return {
        "cpu_time_seconds": round(usage.cpu_seconds, 6),
        "memory_peak_mb": peak,
        "io_read_bytes": usage.io_read_bytes,
        "io_write_bytes": usage.io_write_bytes,
        "cpu_time_ms": round(usage.cpu_seconds * 1000),
        "max_rss_mb": peak,
        "wall_time_ms": round(usage.wall_seconds * 1000),
    }


def environment_hash(lock_hash: str) -> str:
    """Return the digest of Python's version and the installed packages."""
    python = f"{platform.python_implementation()} {platform.python_version()} {platform.machine()}"
    return _digest([python, lock_hash])


def output_hash(stdout: str, files: Files) -> str:
    """Return the digest of stdout and all files, `result.json` among them."""
    kept = sorted([file.name, file.sha256] for file in files.kept)
    return _digest({"stdout": stdout, "files": kept})


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
