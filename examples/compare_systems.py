"""Evaluate two systems on the same questions and show where they differ.

Needs a running server (`evalwright serve`); EVALWRIGHT_BASE_URL and EVALWRIGHT_API_KEY say which.
Running it again evaluates every row again.
"""

import json
import pathlib
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from statistics import fmean
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from evalwright import Evalwright, EvalwrightError, TasksClient
from evalwright.errors import Conflict, NameNotFound
from evalwright.types import TaskRun, TaskRunStatus

HERE = pathlib.Path(__file__).resolve().parent
SPACE = "Quickstart"
DATASET = "General questions"
SYSTEMS = ("baseline", "candidate")
TASK = "Compare the systems"
EVALUATORS = ("exact match", "answer correctness")
WORST_ROWS = 6

console = Console()


def main() -> int:
    """Load the data, run the evaluation and print what it found; return the exit code."""
    try:
        with Evalwright() as client:
            prepare(client)
            run = evaluate(client.base_url)
            if run.status is not TaskRunStatus.COMPLETED:
                console.print(f"[red]The run ended as {run.status}: {run.failure_reason}")
                return 1
            report(client, run)
    except EvalwrightError as error:
        console.print(f"[red]{error}", highlight=False)
        return 1
    return 0


def prepare(client: Evalwright) -> None:
    """Create the space, the dataset, the outputs and the evaluators, unless they are there."""
    create(client.spaces.create, name=SPACE)
    questions = read_rows("questions.jsonl")
    create(client.datasets.create, name=DATASET, space=SPACE, examples=questions)
    example_ids = {
        row["question_id"]: row["id"]
        for row in map(columns, client.datasets.iter_examples(dataset=DATASET, space=SPACE))
    }
    for system in SYSTEMS:
        outputs = read_rows(f"outputs-{system}.jsonl")
        runs = [{**row, "example_id": example_ids[row["question_id"]]} for row in outputs]
        create(
            client.experiments.create,
            name=system,
            dataset=DATASET,
            space=SPACE,
            experiment_runs=runs,
        )
    create_evaluators(client)
    console.print(f"Loaded {len(questions)} questions and the answers of {' and '.join(SYSTEMS)}.")


def create_evaluators(client: Evalwright) -> None:
    """Create a managed evaluator and one of our own."""
    managed = {
        "type": "managed",
        "name": "exact_match",
        "managed_evaluator": "ExactMatch",
        "variables": ["output", "reference"],
    }
    custom = {
        "type": "custom",
        "name": "correctness",
        "code": (HERE / "evaluators" / "answer_correctness.py").read_text(encoding="utf-8"),
        "variables": ["output", "reference", "must_mention"],
    }
    for name, config in zip(EVALUATORS, (managed, custom), strict=True):
        create(client.evaluators.create_code_evaluator, name=name, space=SPACE, code_config=config)


def evaluate(base_url: str) -> TaskRun:
    """Create the task by name, run it and wait with a progress bar."""
    with TasksClient(base_url=base_url) as tasks:
        create_task(tasks)
        run = tasks.trigger_run(task=TASK, space=SPACE, override_evaluations=True)
        with progress_bar() as bar:
            line = bar.add_task("Evaluating", total=None)

            def show(seen: TaskRun) -> None:
                bar.update(line, completed=seen.progress.done, total=seen.progress.total)

            return tasks.wait_for_run(run_id=run.id, on_progress=show)


def create_task(tasks: TasksClient) -> None:
    """Create the task that applies both evaluators to both systems, unless it is there."""
    try:
        tasks.get(task=TASK, space=SPACE)
    except NameNotFound:
        tasks.create_evaluation_task(
            name=TASK,
            task_type="code_evaluation",
            dataset=DATASET,
            space=SPACE,
            experiments=list(SYSTEMS),
            evaluators=list(EVALUATORS),
        )


def report(client: Evalwright, run: TaskRun) -> None:
    """Print the mean scores by category and the rows where the newer system did worst."""
    categories = {
        row["id"]: row
        for row in map(columns, client.datasets.iter_examples(dataset=DATASET, space=SPACE))
    }
    scores = {
        system: {
            row["example_id"]: row
            for row in map(
                columns,
                client.experiments.iter_runs(experiment=system, dataset=DATASET, space=SPACE),
            )
        }
        for system in SYSTEMS
    }
    console.print(
        f"\n{run.num_successes} judgements, {run.num_errors} errors, {run.num_skipped} skipped.\n"
    )
    console.print(score_table(categories, scores))
    console.print(worst_rows(categories, scores))


def score_table(examples: dict[str, Any], scores: dict[str, dict[str, Any]]) -> Table:
    """Return the mean scores of each system, by category and in all."""
    table = Table(title="Mean scores")
    table.add_column("category")
    for system in SYSTEMS:
        table.add_column(f"{system}\nexact match", justify="right")
        table.add_column(f"{system}\ncorrectness", justify="right")
    groups: dict[str, list[str]] = defaultdict(list)
    for example_id, example in examples.items():
        groups[example["category"]].append(example_id)
    for category, ids in groups.items():
        table.add_row(category, *means(ids, scores))
    table.add_section()
    table.add_row("all", *means(list(examples), scores), style="bold")
    return table


def means(ids: list[str], scores: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield the mean of each system's two scores over these examples."""
    for system in SYSTEMS:
        for column in ("eval.exact_match.score", "eval.correctness.score"):
            values = [scores[system][i][column] for i in ids if column in scores[system][i]]
            yield f"{fmean(values):.2f}" if values else "-"


def worst_rows(examples: dict[str, Any], scores: dict[str, dict[str, Any]]) -> Table:
    """Return the rows where the newer system lost most, those of its worst category first."""
    changes = lost_scores(scores)
    by_category: dict[str, float] = defaultdict(float)
    for i, change in changes.items():
        by_category[examples[i]["category"]] += change
    worst = sorted(changes, key=lambda i: (changes[i], by_category[examples[i]["category"]]))
    table = Table(title="Where the candidate lost most", show_lines=True)
    for heading in ("category", "question", "expected", *(f"{system} said" for system in SYSTEMS)):
        table.add_column(heading, overflow="fold")
    for i in worst[:WORST_ROWS]:
        row = examples[i]
        outputs = (shorten(scores[system][i]["output"]) for system in SYSTEMS)
        table.add_row(row["category"], shorten(row["question"]), row["reference"], *outputs)
    return table


def lost_scores(scores: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Return by how much the newer system's score differs, for each example both were judged on."""
    old, new = (scores[system] for system in SYSTEMS)
    column = "eval.correctness.score"
    return {
        i: new[i][column] - old[i][column] for i in old if column in old[i] and column in new[i]
    }


def create(call: Callable[..., object], **arguments: object) -> None:
    """Create something; that it is there already is fine."""
    try:
        call(**arguments)
    except Conflict:
        console.print(f"{arguments['name']!r} is there already.", style="dim")


def columns(row: BaseModel) -> dict[str, Any]:
    """Return a row with the user's columns as a plain dict."""
    return dict(row.model_dump())


def read_rows(name: str) -> list[dict[str, Any]]:
    """Return the rows of one of the JSON Lines files beside this program."""
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


def progress_bar() -> Progress:
    """Return the bar that is shown while the run is going on."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def shorten(text: str, size: int = 70) -> str:
    """Return the beginning of a text."""
    return text if len(text) <= size else f"{text[: size - 1]}…"


if __name__ == "__main__":
    sys.exit(main())
