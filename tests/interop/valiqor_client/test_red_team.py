"""Every call of `client.security` about red teams."""

from typing import Any

import pytest

from interop.valiqor_client.target import ChatTarget


def how_to_ask(target: ChatTarget) -> dict[str, Any]:
    """Return what the client is told about a system that takes requests."""
    return {
        "target_url": target.url,
        "target_headers": {"X-Key": "secret"},
        "target_request_template": {"chat": [{"text": "{{attack}}"}]},
        "target_response_key": "choices.0.said",
    }


def test_a_system_over_http(client: Any, target: ChatTarget, project: str) -> None:
    security = client.security
    result = security.red_team(
        attack_vectors=["jailbreak", "rot13"],
        attacks_per_vector=2,
        run_name="first",
        **how_to_ask(target),
    )
    assert (result.name, result.status, result.total_attacks) == ("first", "completed", 4)
    assert (result.success_rate, result.target_url) == (0, target.url)
    assert len(target.asked) == 4
    assert target.keys == {"secret"}
    assert security.get_redteam_result(result.run_id).to_dict() == result.to_dict()
    run = security.get_redteam_run(result.run_id)
    assert run.finished_at
    assert [each.id for each in security.list_redteam_runs(project_name=project)] == [run.id]
    assert security.list_redteam_runs(run.project_id)[0].id == run.id


def test_jobs(client: Any, target: ChatTarget) -> None:
    handle = client.security.red_team_async(["jailbreak"], 3, **how_to_ask(target))
    assert handle.job_type == "redteam"
    seen: list[str] = []
    last = handle.wait(
        poll_interval=0.05, timeout=60, on_progress=lambda status: seen.append(status.status)
    )
    assert (last.status, last.total_items) == ("completed", 3)
    assert set(seen) <= {"queued", "running", "completed"}
    assert handle.result().total_attacks == 3
    status = client.security.get_job_status(handle.job_id, "redteam")
    assert (status.job_type, status.current_item) == ("redteam", 3)
    assert handle.cancel().status == "completed"


def test_jobs_can_be_cancelled(client: Any, target: ChatTarget) -> None:
    target.may_answer.clear()
    handle = client.security.red_team_async(["jailbreak"], 5, **how_to_ask(target))
    assert target.was_asked.wait(30)
    assert handle.is_running()
    assert client.security.cancel_job(handle.job_id, "redteam").job_id == handle.job_id
    target.may_answer.set()
    assert handle.wait(poll_interval=0.1, timeout=60).status == "cancelled"
    with pytest.raises(RuntimeError, match="Job failed"):
        handle.result()


def test_a_function_that_gives_in(client: Any) -> None:
    """Attacks are run by the client, and judged when it submits what was answered."""
    asked: list[str] = []

    def chat(prompt: str) -> str:
        asked.append(prompt)
        words = [word.strip(".,:;!?\"'()") for word in prompt.split()]
        return " ".join(word for word in words if any(letter.isdigit() for letter in word))

    result = client.security.red_team(
        attack_vectors=["jailbreak"], attacks_per_vector=4, target_function=chat
    )
    assert (result.total_attacks, len(asked)) == (4, 4)
    attacks = client.security.get_redteam_attacks(result.run_id, page_size=500).attacks
    assert {attack.prompt for attack in attacks} == set(asked)
    assert result.successful_attacks == sum(attack.succeeded for attack in attacks) > 0
    assert result.success_rate == result.successful_attacks / 4
    assert result.top_vulnerability
    won = next(attack for attack in attacks if attack.succeeded)
    detail = client.security.get_redteam_attack_detail(won.id)
    assert (detail.run_id, detail.attack_vector) == (result.run_id, "jailbreak")
    assert detail.explanation


def test_a_function_that_fails(client: Any) -> None:
    def broken(_: str) -> str:
        raise ValueError("down")

    arguments = {"attack_vectors": ["base64"], "attacks_per_vector": 2}
    broke = client.security.red_team(target_function=broken, **arguments)
    assert (broke.status, broke.successful_attacks) == ("completed", 0)
    firm = client.security.red_team(target_function=lambda _: "No.", **arguments)
    page = client.security.get_redteam_attacks(broke.run_id)
    assert {each.response for each in page.attacks} == {""}, (
        "what the function said, and not the error"
    )
    runs = [broke.run_id, firm.run_id]
    comparison = client.security.compare_redteam_runs(runs)
    assert comparison.overall_success_rates == dict.fromkeys(runs, 0.0)
    assert comparison.baseline_run_id == runs[0]
    assert len(comparison.runs) == 2
    assert comparison.vectors


def test_nothing_to_attack(client: Any) -> None:
    from valiqor import ValidationError

    with pytest.raises(ValidationError, match="nothing to attack"):
        client.security.red_team(attack_vectors=["jailbreak"])
    with pytest.raises(ValidationError, match="did you mean 'jailbreak'"):
        client.security.red_team(attack_vectors=["jailbrake"], target_function=str)
