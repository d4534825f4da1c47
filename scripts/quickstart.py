"""Start a server in the background, run the first evaluation on it, and leave it running.

The server's data and log live in `.quickstart/` (EVALWRIGHT_QUICKSTART_DIR moves them). Running it
again uses the server that is already there.
"""

import argparse
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOME = pathlib.Path(os.environ.get("EVALWRIGHT_QUICKSTART_DIR") or ROOT / ".quickstart")
READY = "Evalwright ready on "
START_SECONDS = 60


def main() -> int:
    """Parse the command line and do what it asks; return the exit code."""
    parser = argparse.ArgumentParser(prog="quickstart.sh", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--port", type=int, default=None, help="the server's port (default: 8000, or a free one)"
    )
    parser.add_argument(
        "--stop", action="store_true", help="stop the server that an earlier call left running"
    )
    arguments = parser.parse_args()
    if arguments.stop:
        return stop()
    address = running() or start(arguments.port)
    if address is None:
        return 1
    command = [sys.executable, str(ROOT / "examples" / "compare_systems.py")]
    finished = subprocess.run(
        command, env={**os.environ, "EVALWRIGHT_BASE_URL": address}, check=False
    )
    if finished.returncode == 0:
        print(f"\nThe server is still running on {address} for you to play with:")
        print(f"  EVALWRIGHT_BASE_URL={address} .venv/bin/evalwright tasks list")
        print("  ./quickstart.sh --stop      stops it")
    return finished.returncode


def running() -> str | None:
    """Return the address of the server an earlier call started, if it still answers."""
    with contextlib.suppress(OSError):
        address = (HOME / "address").read_text(encoding="utf-8").strip()
        with contextlib.suppress(urllib.error.URLError, TimeoutError):
            urllib.request.urlopen(f"{address}/health", timeout=5).close()
            print(f"Using the server on {address}.")
            return address
    return None


def start(port: int | None) -> str | None:
    """Start a server that outlives this program and return its address, or None if it fails."""
    HOME.mkdir(parents=True, exist_ok=True)
    for candidate in (port,) if port is not None else (8000, 0):
        server = launch(candidate)
        address = wait_until_ready(server)
        if address is not None:
            (HOME / "address").write_text(address, encoding="utf-8")
            (HOME / "pid").write_text(str(server.pid), encoding="utf-8")
            return address
    print("The server did not start. Its last words:", file=sys.stderr)
    print(log().read_text(encoding="utf-8"), file=sys.stderr)
    return None


def launch(port: int) -> subprocess.Popen[bytes]:
    """Start a detached server on this port, writing to the log."""
    print(f"Starting a server (log: {log()}) ...")
    command = [str(pathlib.Path(sys.executable).with_name("evalwright")), "serve"]
    command += ["--port", str(port), "--data", str(HOME / "data")]
    with log().open("wb") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until_ready(server: subprocess.Popen[bytes]) -> str | None:
    """Return the address once the server has printed it, or None if it ends or stays silent."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        for line in log().read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(READY):
                return line.removeprefix(READY).strip()
        time.sleep(0.05)
    return None


def log() -> pathlib.Path:
    """Return the path of the server's log."""
    return HOME / "server.log"


def stop() -> int:
    """Stop the server that an earlier call left running."""
    try:
        os.kill(int((HOME / "pid").read_text(encoding="utf-8")), signal.SIGTERM)
    except (OSError, ValueError):
        print("No server of an earlier quickstart is running.")
        return 0
    (HOME / "pid").unlink()
    (HOME / "address").unlink(missing_ok=True)
    print("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
