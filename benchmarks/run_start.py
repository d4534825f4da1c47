"""From the submission of a run to its start and to its end, on an idle server."""

import subprocess
import sys
from datetime import UTC, datetime
from statistics import median

from benchmarks.measure import race
from benchmarks.reads import SPACE
from evalwright import Evalwright

SUBMISSIONS = 60


def report(address: str) -> str:
    """Measure submissions against a durable write and a bare interpreter; return text."""
    with Evalwright(base_url=address) as client:
        task_id = client.tasks.get(task="task 0", space=SPACE).id
        space_id = client.spaces.get(space=SPACE).id
        counter = iter(range(1_000_000))

        def write() -> object:
            return client.projects.create(name=f"project {next(counter)}", space=space_id)

        def finish() -> object:
            run = client.tasks.trigger_run(task=task_id, override_evaluations=True)
            return client.tasks.wait_for_run(run_id=run.id)

        results = race(
            {
                "one durable write (create a project)": write,
                "bare python -I -S -c pass": spawn,
                "trigger, run and see the end": finish,
            },
            peer="one durable write (create a project)",
            rounds=20,
            calls=3,
        )
        delays = [start_delay(client, task_id) for _ in range(SUBMISSIONS)]
    start = (
        f"{'submit to start':<42}{median(delays) * 1e6:>11.0f} us"
        f"   (slowest of {SUBMISSIONS}: {max(delays) * 1e3:.1f} ms)"
    )
    peer = median(results[0].seconds)
    ratio = f"{'submit to start / one durable write':<42}{median(delays) / peer:>20.2f}x"
    return "\n".join(["Runs", *(result.row() for result in results), start, ratio, ""])


def start_delay(client: Evalwright, task_id: str) -> float:
    """Return the seconds from the call of trigger_run to the run's start, by this host's clock."""
    before = datetime.now(UTC)
    run = client.tasks.trigger_run(task=task_id, override_evaluations=True)
    done = client.tasks.wait_for_run(run_id=run.id)
    assert done.run_started_at is not None
    return (done.run_started_at - before).total_seconds()


def spawn() -> object:
    """Start an interpreter that does nothing: the least that a process per run costs."""
    return subprocess.run([sys.executable, "-I", "-S", "-c", "pass"], check=True)
