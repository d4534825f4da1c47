"""Jobs that leave as much as they may: a page of them must not cost more than a server has."""

import pytest

from fixtures_server import RunningServer
from server.client import Api
from server.jobs import run, submit

pytestmark = pytest.mark.slow

LARGE = """
with open("/output/result.json", "w") as file:
    file.write('{"number": %d, "text": "' + "x" * (9 * 1024 * 1024) + '"}')
"""
SMALL = """
with open("/output/result.json", "w") as file:
    file.write('{"number": 100}')
"""


def test_a_page_of_large_outputs_has_a_bound(running_server: RunningServer) -> None:
    api = Api(running_server.url)
    large = [run(api, LARGE % number) for number in range(4)]
    small = run(api, SMALL)
    for query in ("", "&view=full"):
        page = api.get(f"/executions?limit=5{query}")
        assert page.status == 200
        assert len(page.content) < 17 * 1024 * 1024
        items = {item["execution_id"]: item for item in page.body["items"]}
        assert items[small["execution_id"]]["output"] == {"number": 100}
        shown = [items[each["execution_id"]]["output"] is not None for each in large]
        assert shown == [False, False, False, True]
        assert all(item["status"] == "succeeded" for item in items.values())
    assert "too large for this page" in items[large[0]["execution_id"]]["note"]
    for number, each in enumerate(large):
        record = api.get(f"/executions/{each['execution_id']}").body
        assert record["output"]["number"] == number
        assert len(record["output"]["text"]) == 9 * 1024 * 1024


def test_a_waiting_job_has_no_output_to_leave_out(idle: Api) -> None:
    job = submit(idle)
    items = idle.get("/executions?limit=1&view=full").body["items"]
    assert (items[0]["job_id"], items[0]["output"], items[0]["note"]) == (job, None, None)
