"""Jobs with packages and with a way out, from a request to what they print."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from environments.index import Index, make_wheel
from evalwright_server.environments import PackageSettings
from fixtures_server import RunningServer
from server.client import Api
from server.jobs import run

pytestmark = pytest.mark.slow

Start = Callable[..., RunningServer]
IMPORT = "import spam; print(spam.version)"


@pytest.fixture
def index() -> Iterator[Index]:
    with Index() as running:
        running.add(make_wheel("spam", "1.0"))
        running.add(make_wheel("spam", "2.0"))
        yield running


@pytest.fixture
def packages(index: Index) -> PackageSettings:
    return PackageSettings(index=index.url, hosts=())


@pytest.fixture
def job_types(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "types.toml"
        path.write_text(text)
        return path

    return write


def test_a_job_brings_its_packages(start_server: Start, packages: PackageSettings) -> None:
    api = Api(start_server(packages=packages).url)
    first = run(api, IMPORT, requirements=["spam<2"])
    assert (first["status"], first["stdout"]) == ("succeeded", "1.0\n"), first
    assert first["timing"]["dep_install_ms"] > 0
    second = run(api, IMPORT, requirements=["Spam >= 2"])
    assert second["stdout"] == "2.0\n"
    listed = api.get("/environments").body["environments"]
    assert {tuple(each["packages"]) for each in listed} == {("spam==1.0",), ("spam==2.0",)}
    assert {tuple(each["requirements"]) for each in listed} == {("spam<2",), ("spam>=2",)}
    for each in listed:
        assert api.delete(f"/environments/{each['key']}").status == 204
    assert api.get("/environments").body["environments"] == []
    assert run(api, IMPORT, requirements=["spam<2"])["stdout"] == "1.0\n", "it is installed again"


def test_packages_do_not_bring_a_network(
    start_server: Start, packages: PackageSettings, index: Index
) -> None:
    """Installing and running are two sandboxes; only the first reaches the index."""
    api = Api(start_server(packages=packages).url)
    code = f"""
import os, socket
print([name for name in os.environ if "proxy" in name.lower()])
print(socket.socket().connect_ex(("127.0.0.1", {index.port})) != 0)
"""
    assert run(api, code, requirements=["spam"])["stdout"] == "[]\nTrue\n"


def test_what_can_not_be_installed_fails_the_job_and_says_why(
    start_server: Start, packages: PackageSettings
) -> None:
    api = Api(start_server(packages=packages).url)
    record = run(api, IMPORT, requirements=["eggs"])
    assert (record["status"], record["error"]["type"]) == ("failed", "dependency_error")
    assert "Check the spelling" in record["error"]["message"]
    assert "eggs" in record["stderr"]


def test_requirements_can_be_forbidden(start_server: Start) -> None:
    settings = PackageSettings(allow_requirements=False)
    reply = Api(start_server(packages=settings).url).post(
        "/execute/async", {"code": IMPORT, "requirements": ["spam"]}
    )
    assert (reply.status, "requirements" in reply.body["detail"]) == (422, True)


def test_a_job_types_packages_can_be_installed_ahead(
    start_server: Start, packages: PackageSettings, job_types: Callable[[str], Path]
) -> None:
    types = job_types('[job_types.breakfast]\nrequirements = ["spam"]\npreload = ["spam"]\n')
    api = Api(start_server(packages=packages, job_types=types).url)
    assert api.get("/job-types/breakfast").body["image_exists"] is False
    built = api.post("/job-types/breakfast/build").body
    assert built["status"] == "built"
    assert api.get("/job-types/breakfast").body["image_exists"] is True
    record = run(api, IMPORT, job_type="breakfast")
    assert record["stdout"] == "2.0\n", record
    assert api.get("/environments").body["environments"][0]["key"].startswith(built["digest"])


def test_a_job_type_has_a_way_out(start_server: Start, job_types: Callable[[str], Path]) -> None:
    class Greeter(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Greeter) as greeter:
        place = f"127.0.0.1:{greeter.server_port}"
        thread = Thread(target=greeter.serve_forever, args=(0.02,))
        thread.start()
        try:
            types = job_types(f'[job_types.out]\nnetwork = ["{place}"]\n')
            api = Api(start_server(job_types=types).url)
            code = (
                "import urllib.request\n"
                f"print(urllib.request.urlopen('http://{place}/').read().decode())\n"
            )
            assert run(api, code, job_type="out")["stdout"] == "hello\n"
            assert run(api, code)["status"] == "failed", "other types have none"
        finally:
            greeter.shutdown()
            thread.join()
