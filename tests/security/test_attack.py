"""`evalwright attack` on a running server: over HTTP, as a user would."""

import json
import subprocess
import sys
from typing import Any

import pytest

from fixtures_server import RunningServer
from server.client import Api

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("attack")]


def attack(*words: str, url: str = "", **variables: str) -> "subprocess.CompletedProcess[str]":
    at = ["--base-url", url] if url else []
    return subprocess.run(
        [sys.executable, "-m", "evalwright", "attack", *at, *words],
        capture_output=True,
        text=True,
        check=False,
        env={"COLUMNS": "200", "PATH": "/usr/bin:/bin", **variables},
    )


def cases(*words: str, url: str) -> list[Any]:
    ended = attack("--json", *words, url=url)
    found: list[Any] = json.loads(ended.stdout)["cases"]
    wrong = [case for case in found if case["verdict"] not in {"contained", "skipped"}]
    assert (ended.returncode, wrong) == (0, []), ended.stderr
    return found


@pytest.mark.parametrize("group", ["results", "artifacts", "forgeries", "files", "sockets"])
def test_a_group_is_contained(running_server: RunningServer, group: str) -> None:
    """Where the server is what is attacked, and a few others."""
    found = cases("--only", group, url=running_server.url)
    assert len(found) >= 8


def test_cases_that_are_about_time_and_room(running_server: RunningServer) -> None:
    names = ("fork-bomb", "private-memory", "stdout-flood", "many-files-in-output", "neighbour",
             "left-files", "stop-everything")  # fmt: skip
    words = [word for name in names for word in ("--only", name)]
    assert len(cases(*words, url=running_server.url)) == len(names)


def test_after_the_attack_everything_can_be_listed(running_server: RunningServer) -> None:
    api = Api(running_server.url)
    page = api.get("/executions?limit=1000&view=full")
    assert page.status == 200
    for item in page.body["items"]:
        assert item["status"] in {"succeeded", "failed", "timeout", "oom", "cancelled"}
        for view in ("", "?view=full"):
            assert api.get(f"/jobs/{item['job_id']}{view}").status == 200
        assert api.get(f"/jobs/{item['job_id']}/artifacts.zip").status in {200, 404}
    assert api.post("/execute", {"code": "print(1)"}).body["stdout"] == "1\n"


def test_people_see_each_case_and_a_summary(running_server: RunningServer) -> None:
    ended = attack("--only", "host-file", "--only", "exit-124", url=running_server.url)
    assert ended.returncode == 0, ended.stderr
    assert "1/2 contained files/host-file: reads no file of the host" in ended.stdout
    assert ["all", "2", "2", "-"] in [line.split() for line in ended.stdout.splitlines()]
    assert "Isolation: bubblewrap" in ended.stdout


def test_it_names_no_server_by_itself() -> None:
    ended = attack(EVALWRIGHT_BASE_URL="http://127.0.0.1:1")
    assert ended.returncode == 2
    assert "Missing option '--base-url'" in ended.stderr


def test_nobody_there_is_no_success() -> None:
    ended = attack(url="http://127.0.0.1:1")
    assert (ended.returncode, "refused" in ended.stderr) == (2, True)


def test_a_case_that_does_not_exist_is_no_success() -> None:
    ended = attack("--only", "nothing", url="http://127.0.0.1:1")
    assert (ended.returncode, "no case is named nothing" in ended.stderr) == (2, True)


def test_a_server_without_workers_is_no_success(idle_url: str) -> None:
    ended = attack("--only", "host-file", url=idle_url)
    assert ended.returncode == 2
    assert "POST /execute" in ended.stderr


@pytest.fixture
def idle_url(start_server: Any) -> str:
    url: str = start_server(workers=0).url
    return url


def test_a_server_that_isolates_nothing_is_found_out_and_not_hurt(
    start_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cases that could do harm stop when they see where they are; the others only look."""
    monkeypatch.setenv("EVALWRIGHT_SANDBOX", "unsafe")
    ended = attack("--only", "host-file", "--only", "exit-124", url=start_server().url)
    assert ended.returncode == 1
    assert "the secret of the host is in ['stdout']" in ended.stdout
    assert "so nothing was tried" in ended.stdout
    assert "Isolation: unsafe" in ended.stdout
