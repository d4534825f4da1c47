"""The clients for analyses against the reference server: both twins, and scores that are real."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalwright import AsyncEvalwright, AsyncJobStatus, Evalwright
from evalwright.errors import (
    AnalysisCancelled,
    BadRequest,
    Conflict,
    InvalidRequest,
    NotFound,
)
from fixtures_server import RunningServer
from sdk.analysis_clients import Whole
from sdk.command import Cli

pytestmark = pytest.mark.slow

GOOD: Any = [
    {"input": f"What is {n} + {n}?", "output": f"It is {2 * n}.", "expected": str(2 * n)}
    for n in range(12)
]
BAD: Any = [{**row, "output": "I don't know."} for row in GOOD]
WRONG: Any = [
    {
        "input": "How many moons has Mars?",
        "output": "Mars has 7 moons.",
        "context": ["Mars has two moons, Phobos and Deimos."],
    },
    {
        "input": "What is the capital of France?",
        "output": "The capital of France is Paris.",
        "context": ["Paris is the capital of France."],
    },
]
TEXTS: Any = [
    {"user_input": "Hello!", "assistant_response": "Hello, how can I help you?"},
    {"user_input": "My card?", "assistant_response": "It is 4111 1111 1111 1111."},
]


@pytest.fixture(params=["sync", "async"])
def client(request: pytest.FixtureRequest, running_server: RunningServer) -> Iterator[Any]:
    if request.param == "sync":
        with Evalwright(base_url=running_server.url, timeout=180) as plain:
            yield plain
        return
    with asyncio.Runner() as runner:
        other = AsyncEvalwright(base_url=running_server.url, timeout=180)
        yield Whole(other, runner)
        runner.run(other.aclose())


@pytest.fixture
def project() -> str:
    """A project of this test's own, made on first use."""
    return f"project {uuid.uuid4().hex[:8]}"


@pytest.fixture
def real(call: Cli, running_server: RunningServer) -> Cli:
    """The command against the reference server."""
    return lambda *words, **more: call(*words, EVALWRIGHT_BASE_URL=running_server.url, **more)


def test_an_evaluation_from_data_to_a_comparison(client: Any, project: str) -> None:
    arguments = {"metrics": ["contains", "token_f1"], "project_name": project}
    good = client.eval.evaluate(dataset=GOOD, thresholds={"contains": 1.0}, **arguments)
    assert good.status == "completed"
    assert good.aggregate_scores["contains"] == 1.0
    seen: list[AsyncJobStatus] = []
    handle = client.eval.evaluate_async(dataset=BAD, run_name="bad", **arguments)
    assert [item.index for item in handle.iter_items()] == list(range(12))
    bad = handle.result(on_progress=seen.append)
    assert seen[-1].is_completed
    assert bad.aggregate_scores["contains"] == 0.0
    assert handle.status().progress_percent == 100.0
    compared = client.eval.compare(run_ids=[good.id, bad.id])
    (contains,) = [row for row in compared.metrics if row.metric_key == "contains"]
    assert contains.differences == [0.0, -1.0]
    assert client.eval.get(run_id=bad.id).run_name == "bad"
    metrics = client.eval.metrics(run_id=good.id)
    assert {metric.metric_key: metric.passed for metric in metrics}["contains"] == 12
    assert client.eval.items(run_id=good.id, page_size=5).total == 12
    first = next(iter(client.eval.iter_items(run_id=good.id)))
    assert client.eval.get_item(item_id=first.id).metric_scores == first.metric_scores
    assert [run.id for run in client.eval.iter(project=project)] == [bad.id, good.id]
    assert client.eval.stats(project=project).total_runs == 2
    assert {point.metric for point in client.eval.trends(project=project)} == {
        "contains",
        "token_f1",
    }
    assert len(json.loads(good.to_json())["items"]) == 12


def test_metrics_of_projects(client: Any, project: str) -> None:
    client.eval.evaluate(dataset=GOOD[:1], metrics=["contains"], project_name=project)
    keys = {template.key for template in client.eval.templates()}
    assert {"hallucination", "bleu", "contains"} <= keys
    assert client.eval.add_project_metric(project=project, key="bleu").key == "bleu"
    assert "bleu" in {metric.key for metric in client.eval.project_metrics(project=project)}


def test_one_key_is_one_evaluation(client: Any, project: str) -> None:
    key = uuid.uuid4().hex
    arguments = {"metrics": ["contains"], "project_name": project, "idempotency_key": key}
    first = client.eval.evaluate(dataset=GOOD, **arguments)
    assert client.eval.evaluate_async(dataset=GOOD, **arguments).job_id == first.id
    with pytest.raises(Conflict):
        client.eval.evaluate(dataset=BAD, **arguments)


def test_what_the_server_refuses(client: Any, project: str) -> None:
    with pytest.raises(InvalidRequest, match="did you mean 'contains'") as caught:
        client.eval.evaluate(dataset=GOOD, metrics=["contans"], project_name=project)
    assert isinstance(caught.value, BadRequest)
    assert str(caught.value).count("did you mean") == 1
    with pytest.raises(NotFound):
        client.eval.job(str(uuid.uuid4())).status()
    with pytest.raises(InvalidRequest):
        client.security.red_team(attack_vectors=["rot31"], target_function=str)


def test_cancelling(client: Any, project: str, blocked: Any) -> None:
    handle = client.eval.evaluate_async(
        dataset=GOOD,
        metrics=["fluency"],
        project_name=project,
        judge={"base_url": blocked, "model": "none", "engine": "judge"},
    )
    handle.cancel()
    with pytest.raises(AnalysisCancelled) as caught:
        handle.result(timeout=60)
    assert caught.value.partial is not None
    assert caught.value.partial.status == "cancelled"
    assert handle.cancel().status == "cancelled"


@pytest.fixture
def blocked() -> Iterator[str]:
    """The address of a judge that takes connections and never answers."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"


def test_a_failure_analysis(client: Any, project: str) -> None:
    run = client.failure_analysis.run(dataset=WRONG, project_name=project)
    assert run.summary.items_with_failures == 1
    assert {tag.item_index for tag in run.failures} == {0}
    assert any("7" in each.content_snippet for tag in run.failures for each in tag.evidence_items)
    handle = client.failure_analysis.job(run.run_id)
    assert [each.item_index for each in handle.iter_items()] == [0, 1]
    tag = client.failure_analysis.tags(run_id=run.run_id, decision="fail", min_severity=1)[0]
    issue = "https://issues.example/1"
    changed = client.failure_analysis.update_tag(
        tag_id=tag.tag_id, is_reviewed=True, issue_url=issue
    )
    assert (changed.is_reviewed, changed.issue_url) == (True, issue)
    assert client.failure_analysis.update_tag(tag_id=tag.tag_id, issue_url=None).issue_url is None
    assert client.failure_analysis.count(project_name=project) == 1
    (listed,) = client.failure_analysis.iter(project_name=project)
    assert listed.run_id == run.run_id
    assert project in client.failure_analysis.projects()
    assert client.failure_analysis.insights(project_name=project).total_runs == 1
    assert client.failure_analysis.trends(project_name=project).trend_data[0].total_runs == 1
    assert client.failure_analysis.security_insights(project_name=project).total_runs_with_security


def test_kinds_of_failures(client: Any) -> None:
    taxonomy = client.failure_analysis.taxonomy()
    bucket = client.failure_analysis.bucket(bucket_id=taxonomy.buckets[0].bucket_id)
    kinds = client.failure_analysis.subcategories(bucket_id=bucket.bucket_id)
    assert [kind.subcategory_id for kind in kinds] == [
        kind.subcategory_id for kind in bucket.subcategories
    ]
    trial = client.failure_analysis.try_out(**WRONG[0])
    assert trial.summary.total_failures_detected > 0


def test_an_audit(client: Any, project: str) -> None:
    found = client.security.audit(dataset=TEXTS, project_name=project)
    assert (found.unsafe_items, found.top_risk_category) == (1, "S10")
    handle = client.security.job(found.id)
    assert handle.job_type == "security"
    items = list(handle.iter_items())
    assert [item.is_safe for item in items] == [True, False]
    assert client.security.get_audit_item(item_id=items[1].id).triggered_categories == ["S10"]
    assert [audit.id for audit in client.security.iter_audits(project=project)] == [found.id]
    off = client.security.update_project_vulnerability(
        project=project, vulnerability="S10", enabled=False
    )
    assert not off.enabled
    assert client.security.audit(dataset=TEXTS, project_name=project).unsafe_items == 0


def test_a_red_team_on_a_function(client: Any, project: str) -> None:
    """One that obeys every second time, and breaks down at some."""

    def target(prompt: str) -> str:
        if len(prompt) % 5 == 0:
            raise ConnectionError("down")
        return "I can't help with that."

    run = client.security.red_team(
        attack_vectors=["jailbreak", "rot13"],
        attacks_per_vector=4,
        project_name=project,
        target_function=target,
    )
    attacks = list(run.iter_attacks())
    broken = [attack for attack in attacks if attack.status == "error"]
    assert len(attacks) == run.total_attacks == 8
    assert run.failed_attacks == len(broken) == sum(len(each.prompt) % 5 == 0 for each in attacks)
    assert run.answered_attacks == 8 - len(broken)
    assert run.successful_attacks == 0
    assert all(each.error == "ConnectionError: down" for each in broken)
    again = client.security.red_team(
        attack_vectors=["jailbreak"], project_name=project, target_function=target
    )
    compared = client.security.compare(run_ids=[run.id, again.id])
    assert set(compared.overall_success_rates) == {run.id, again.id}
    assert client.security.job(run.id).job_type == "redteam"
    light = client.security.update_project_attack_vector(
        project=project, attack_vector="rot13", weight=0.5
    )
    assert light.weight == 0.5


def test_the_lines_of_the_guide(real: Cli, project: str, tmp_path: Path) -> None:
    data, target = tmp_path / "data.json", tmp_path / "results.json"
    data.write_text(json.dumps(WRONG))
    started = real("fa", "run", "--dataset", str(data), "--project-name", project)
    assert started.returncode == 0
    run_id = started.stderr.splitlines()[0]
    assert "completed" in real("fa", "status", "--run-id", run_id).stdout
    real("fa", "result", "--run-id", run_id, "--output", str(target))
    assert json.loads(target.read_text())["run_id"] == run_id
    assert real("fa", "result", "--run-id", run_id, "--fail-under", "0.9").returncode == 3
    listed = real("fa", "list", "--project", project, "--json").stdout
    assert [row["run_id"] for row in json.loads(listed)] == [run_id]
    assert real("fa", "insights", "--project", project).returncode == 0


def test_every_command_of_a_project(real: Cli, project: str, tmp_path: Path) -> None:
    data, texts = tmp_path / "data.jsonl", tmp_path / "texts.json"
    data.write_text("\n".join(json.dumps(row) for row in GOOD))
    texts.write_text(json.dumps(TEXTS))
    run = ["eval", "run", "--dataset", str(data), "--project", project, "--metrics", "contains"]
    assert real(*run, "--fail-under", "contains=1").returncode == 0
    first = real(*run, "--async").stdout.strip()
    assert real("eval", "status", "--run-id", first, "--wait").returncode == 0
    second = real(*run, "--async").stdout.strip()
    assert real("eval", "result", "--run-id", second, "--format", "junit").returncode == 0
    assert "contains" in real("eval", "compare", first, second).stdout
    assert first in real("eval", "list", "--project", project).stdout
    assert real("eval", "cancel", "--run-id", first).returncode == 0
    audit = ["security", "audit", "--dataset", str(texts), "--project", project]
    assert real(*audit, "--gate").returncode == 3
    assert "S10" in real("security", "vulns").stdout
    assert "rot13" in real("security", "vectors").stdout
    (row,) = json.loads(real("security", "list", "--project", project, "--json").stdout)
    assert row["unsafe_items"] == 1
