"""Worker processes with the handlers that come with the server."""

import pytest
from pydantic import JsonValue
from sqlalchemy import Connection

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.pool import WorkerPool
from evalwright_server.runs.records import NewRun
from evalwright_server.runs.states import State
from runs.experiments_data import add_dataset, add_experiment, scores


@pytest.mark.slow
async def test_a_managed_evaluator_in_a_worker_process(engine: Engine, space_id: int) -> None:
    """From the row in the database to the score beside it."""
    config: JsonValue = {
        "type": "managed",
        "name": "exact",
        "managed_evaluator": "ExactMatch",
        "variables": ["output", "expected"],
    }
    evaluator: JsonValue = {
        "version_id": 1,
        "name": "exact",
        "config": config,
        "column_mappings": {"expected": "reference"},
    }

    def unit(connection: Connection) -> int:
        examples = [{"reference": "Paris"}, {"reference": "Nairobi"}]
        dataset = add_dataset(connection, space_id, examples)
        experiment = add_experiment(connection, dataset, "system", ["Paris", "Mombasa"])
        payload: dict[str, JsonValue] = {
            "experiment_ids": [experiment],
            "override": False,
            "evaluators": [evaluator],
        }
        return engine.submit(connection, NewRun("task_run", space_id, payload)).id

    run_id = await engine.db.write(unit)
    pool = WorkerPool(engine)
    await pool.start()
    run = await engine.wait(run_id, since_version=None, timeout=30)
    await pool.stop(0)
    assert (run.state, run.failure_reason, run.note) == (State.SUCCEEDED, None, None)
    judged = await engine.db.read(lambda connection: scores(connection, "exact"))
    assert judged == [(1.0, None), (0.0, None)]
