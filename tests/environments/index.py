"""A package index on loopback, with packages made up on the spot."""

import base64
import hashlib
import io
import tarfile
import threading
import zipfile
from collections import Counter
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


def make_wheel(
    name: str,
    version: str = "1.0",
    *,
    files: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
    requires: tuple[str, ...] = (),
) -> tuple[str, bytes]:
    """Return file name and content of a wheel.

    Args:
        name: Of the package; without files it has a module of the same name with its version.
        version: Its version.
        files: Contents by path, taken as they are.
        links: Symbolic links by path.
        requires: What it depends on.
    """
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {each}\n" for each in requires)
    info = f"{name}-{version}.dist-info"
    contents = dict(files) if files is not None else {f"{name}.py": f"version = {version!r}\n"}
    contents |= {
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = [f"{path},{_digest(text.encode())},{len(text)}" for path, text in contents.items()]
    contents[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in contents.items():
            archive.writestr(path, text)
        for path, target in (links or {}).items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = 0o120777 << 16
            archive.writestr(entry, target)
    return f"{name}-{version}-py3-none-any.whl", buffer.getvalue()


def _digest(content: bytes) -> str:
    encoded = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return f"sha256={encoded.decode().rstrip('=')}"


def _metadata(wheel: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        name = next(each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        return archive.read(name)


BACKEND = """
def hook():
{body}

def make(directory):
    import base64, hashlib, json, zipfile
    found = hook()
    files = {{
        "{name}.py": "found = " + repr(found),
        "{name}-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n",
        "{name}-1.0.dist-info/WHEEL":
            "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }}
    files["{name}-1.0.dist-info/RECORD"] = "".join(path + ",,\\n" for path in files)
    with zipfile.ZipFile(directory + "/{name}-1.0-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return "{name}-1.0-py3-none-any.whl"

def build_wheel(directory, config_settings=None, metadata_directory=None):
    return make(directory)
"""


def make_sdist(name: str, body: str) -> tuple[str, bytes]:
    """Return file name and content of a source distribution that runs code when it is built.

    Args:
        name: Of the package.
        body: Of a function, indented by four; what it returns is `found` in the module.
    """
    top = f"{name}-1.0"
    contents = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
        'backend-path = ["."]\n',
        "backend.py": BACKEND.format(name=name, body=body),
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in contents.items():
            entry = tarfile.TarInfo(f"{top}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return f"{top}.tar.gz", buffer.getvalue()


class Index:
    """Serves files as PEP 503 says, with the metadata of wheels apart (PEP 658).

    Attributes:
        hits: How often each path was asked for.
        stuck: While set, files (not pages) are announced but do not come.
        password: What a client must send as the password; None lets everybody in.
    """

    def __init__(self) -> None:
        self.hits: Counter[str] = Counter()
        self.stuck = threading.Event()
        self.released = threading.Event()
        self.asked = threading.Event()
        self.password: str | None = None
        self._files: dict[str, dict[str, bytes]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def do_HEAD(self) -> None:
                outer.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Answer nobody any more; safe to call again."""
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/simple"

    def add(self, distribution: tuple[str, bytes]) -> None:
        """Offer a wheel or source distribution."""
        name, content = distribution
        self._files.setdefault(name.partition("-")[0].replace("_", "-"), {})[name] = content

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.hits[request.path] += 1
        parts = request.path.strip("/").split("/")
        files = self._files.get(parts[1], {}) if len(parts) > 1 else {}
        if self.password is not None and not self._knows(request):
            self._send(request, 401, b"who are you?")
        elif parts[0] == "simple" and files:
            self._send(request, 200, self._page(parts[1], files))
        elif parts[0] == "files" and parts[-1].removesuffix(".metadata") in files.keys() - parts:
            self._send(request, 200, _metadata(files[parts[-1].removesuffix(".metadata")]))
        elif parts[0] == "files" and len(parts) == 3 and parts[2] in files:
            if self.stuck.is_set():
                self.asked.set()
                self.released.wait()
            self._send(request, 200, files[parts[2]])
        else:
            self._send(request, 404, b"no such thing")

    def _knows(self, request: BaseHTTPRequestHandler) -> bool:
        encoded = request.headers.get("Authorization", "").removeprefix("Basic ")
        return base64.b64decode(encoded).decode().rpartition(":")[2] == self.password

    @staticmethod
    def _page(name: str, files: Mapping[str, bytes]) -> bytes:
        links = (
            f'<a href="/files/{name}/{file}#sha256={hashlib.sha256(content).hexdigest()}"'
            f"{' data-dist-info-metadata=true' if file.endswith('.whl') else ''}>{file}</a>"
            for file, content in files.items()
        )
        return f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode()

    @staticmethod
    def _send(request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        try:
            request.send_response(status)
            request.send_header("Content-Type", "text/html")
            request.send_header("Content-Length", str(len(body)))
            if status == 401:
                request.send_header("WWW-Authenticate", "Basic")
            request.end_headers()
            if request.command == "GET":
                request.wfile.write(body)
        except OSError:
            pass  # whoever asked is gone
