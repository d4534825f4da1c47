"""Files that jobs leave: listed, downloaded, in parts, and never anything else."""

import hashlib
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import pytest

from fixtures_server import RunningServer
from server.client import Api
from server.jobs import result, submit

LARGE = bytes(range(256)) * 2500  # more than two chunks
NAMES = ("large.bin", "ä b'\".txt", "empty", "page.html", "result.json")
CODE = f"""
import os
open('/output/large.bin', 'wb').write(bytes(range(256)) * 2500)
open({"/output/" + NAMES[1]!r}, 'w').write('x')
open('/output/empty', 'w')
open('/output/page.html', 'w').write('<script>')
open('/output/result.json', 'w').write('{{"a": 1}}')
os.mkdir('/output/folder')
open('/output/folder/hidden', 'w').write('x')
os.symlink('/etc/passwd', '/output/link')
os.mkfifo('/output/fifo')
open('/output/.dot', 'w').write('x')
raise SystemExit(1)
"""


@pytest.fixture(scope="module")
def api(running_server: RunningServer) -> Iterator[Api]:
    client = Api(running_server.url)
    yield client
    client.pool.clear()


@pytest.fixture(scope="module")
def job(api: Api) -> str:
    """A job that left files and failed."""
    made = submit(api, CODE)
    assert result(api, made)["exit_code"] == 1
    return made


def path_of(job: str, name: str = "large.bin") -> str:
    return f"/jobs/{job}/artifacts/{quote(name, safe='')}"


def tag_of(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()}"'


def test_only_plain_files_directly_in_the_folder_are_kept(api: Api, job: str) -> None:
    listed = api.get(f"/jobs/{job}/artifacts").body
    assert sorted(each["name"] for each in listed["artifacts"]) == sorted(NAMES)
    assert {each["name"] for each in listed["left_out"]} >= {"link", "fifo"}
    sizes = {each["name"]: each["size"] for each in listed["artifacts"]}
    assert (sizes["large.bin"], sizes["empty"]) == (len(LARGE), 0)
    assert all(each["size"] == each["size_bytes"] for each in listed["artifacts"])


def test_a_file_comes_whole_with_all_that_is_known(api: Api, job: str) -> None:
    reply = api.get(path_of(job))
    assert (reply.status, reply.content) == (200, LARGE)
    headers = reply.headers
    assert headers["ETag"] == tag_of(LARGE)
    assert headers["Content-Length"] == str(len(LARGE))
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == 'attachment; filename="large.bin"'
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["X-Content-Type-Options"] == "nosniff"
    parsedate_to_datetime(headers["Last-Modified"])


def test_head_tells_the_same_without_the_content(api: Api, job: str) -> None:
    for name in NAMES:
        whole = api.get(path_of(job, name))
        head = api.send("HEAD", path_of(job, name))
        assert (head.status, head.content) == (200, b"")
        for header in ("ETag", "Content-Length", "Content-Type", "Last-Modified"):
            assert head.headers[header] == whole.headers[header]


def test_names_that_need_it_are_encoded(api: Api, job: str) -> None:
    reply = api.get(path_of(job, NAMES[1]))
    expected = f"attachment; filename*=utf-8''{quote(NAMES[1])}"
    assert (reply.status, reply.headers["Content-Disposition"]) == (200, expected)
    assert api.get(path_of(job, "page.html")).headers["Content-Type"] == "text/html"
    assert api.get(path_of(job, "empty")).content == b""


@pytest.mark.parametrize("condition", ["{}", "W/{}", '"other", {}', "*"])
def test_what_the_client_has_is_not_sent_again(api: Api, job: str, condition: str) -> None:
    headers = {"If-None-Match": condition.format(tag_of(LARGE))}
    for method in ("GET", "HEAD"):
        reply = api.send(method, path_of(job), headers=headers)
        assert (reply.status, reply.content) == (304, b"")
        assert reply.headers["ETag"] == tag_of(LARGE)
    assert api.get(path_of(job), **{"If-None-Match": '"other"'}).status == 200


PARTS = {
    "bytes=0-0": (0, 1),
    "bytes=10-19": (10, 20),
    "bytes=262140-262150": (262140, 262151),
    "bytes=639999-": (639999, 640000),
    "bytes=0-99999999": (0, 640000),
    "bytes=-5": (639995, 640000),
    "bytes=-99999999": (0, 640000),
}


@pytest.mark.parametrize("asked", PARTS)
def test_a_part_is_sent_alone(api: Api, job: str, asked: str) -> None:
    start, stop = PARTS[asked]
    reply = api.get(path_of(job), Range=asked)
    assert (reply.status, reply.content) == (206, LARGE[start:stop])
    assert reply.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(LARGE)}"
    assert reply.headers["Content-Length"] == str(stop - start)


@pytest.mark.parametrize("asked", ["bytes=640000-", "bytes=640000-640001", "bytes=-0"])
def test_a_part_that_is_not_there_is_refused(api: Api, job: str, asked: str) -> None:
    reply = api.get(path_of(job), Range=asked)
    assert (reply.status, reply.headers["Content-Range"]) == (416, f"bytes */{len(LARGE)}")
    assert api.get(path_of(job, "empty"), Range="bytes=0-").status == 416


@pytest.mark.parametrize(
    "asked", ["bytes=5-4", "bytes=-", "bytes=a-b", "lines=0-1", "bytes=0-1,3-4", "x", "bytes=²-³"]
)
def test_what_is_no_single_part_is_answered_whole(api: Api, job: str, asked: str) -> None:
    headers = {"Range": asked.encode().decode("latin-1")}
    assert api.send("GET", path_of(job), headers=headers).content == LARGE


def test_a_part_of_another_version_is_not_mixed_in(api: Api, job: str) -> None:
    current = api.get(path_of(job)).headers
    for condition, status in (
        (current["ETag"], 206),
        (current["Last-Modified"], 206),
        ('"other"', 200),
        (f"W/{current['ETag']}", 200),
    ):
        reply = api.get(path_of(job), **{"Range": "bytes=0-0", "If-Range": condition})
        assert reply.status == status, condition


@pytest.mark.parametrize(
    "name",
    [
        "missing",
        "_code.py",
        ".dot",
        "link",
        "fifo",
        "folder",
        "folder%2Fhidden",
        "..",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "%2fetc%2fpasswd",
        "..%5c..%5cx",
        "%00",
        "large.bin%00",
        "%ff",
        "LARGE.BIN",
        "a" * 4000,
    ],
)
def test_nothing_else_is_found(api: Api, job: str, name: str) -> None:
    refused = api.get(f"/jobs/{job}/artifacts/{name}")
    assert refused.status == 404
    assert refused.body["detail"] in {"Artifact not found", "Not Found"}
    assert api.send("HEAD", f"/jobs/{job}/artifacts/{name}").status == 404
