"""What code in the sandbox must not reach, tried for real."""

import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import evalwright_server
from evalwright_server.sandbox.command import ENVIRONMENT

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

Attempt = Callable[..., Awaitable[Any]]
SERVER = Path(evalwright_server.__file__).parent


@pytest.mark.parametrize(
    "path",
    ["/etc/shadow", "/etc/passwd", "/etc/hostname", "/sys", "/run", "/var", "/boot", str(SERVER),
     str(Path.home() / ".ssh"), str(Path.home() / ".bashrc"), "/proc/1/root/etc/passwd",
     "/proc/2/root/etc/passwd", "/usr/bin/env"],
)  # fmt: skip
async def test_files_of_the_host_do_not_exist(attempt: Attempt, path: str) -> None:
    assert await attempt(f"return os.path.exists({path!r})") is False


async def test_a_file_everybody_may_read_is_out_of_reach(attempt: Attempt, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    secret.chmod(0o644)
    assert await attempt(f"return open({str(secret)!r}).read()") == "FileNotFoundError"


async def test_installed_packages_are_hidden(attempt: Attempt) -> None:
    """The server's own code may be among them."""
    found = await attempt("""
        import os, sys
        return [os.listdir(os.path.join(os.path.dirname(os.__file__), name))
                for name in ("site-packages", "dist-packages")
                if os.path.isdir(os.path.join(os.path.dirname(os.__file__), name))]
    """)
    assert all(names == [] for names in found)


async def test_the_servers_environment_is_not_passed_on(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALWRIGHT_API_KEY", "s3cret")
    found = await attempt("""
        environments = [open(f"/proc/{pid}/environ").read()
                        for pid in os.listdir("/proc") if pid.isdigit()
                        and os.access(f"/proc/{pid}/environ", os.R_OK)]
        return sorted(os.environ), "".join(environments)
    """)
    assert "s3cret" not in str(found)
    assert set(found[0]) <= {*ENVIRONMENT, "PWD", "LC_CTYPE"}


async def test_a_server_on_loopback_is_out_of_reach(attempt: Attempt) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = await attempt(f"""
            import socket
            socket.create_connection(("127.0.0.1", {port}), timeout=5)
        """)
    assert found == "ConnectionRefusedError"


async def test_an_abstract_socket_of_the_host_is_out_of_reach(attempt: Attempt) -> None:
    """Those have no file; only a network name space hides them."""
    name = f"\0evalwright-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        found = await attempt(f"""
            import socket
            socket.socket(socket.AF_UNIX).connect({name!r})
        """)
    assert found == "ConnectionRefusedError"


async def test_the_internet_is_out_of_reach(attempt: Attempt) -> None:
    found = await attempt("""
        import socket
        return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect_ex(("192.0.2.1", 53))
    """)
    assert os.strerror(found) == "Network is unreachable"


async def test_only_memory_file_systems_with_a_limit_are_writable(attempt: Attempt) -> None:
    """Every directory of the sandbox is tried."""
    writable = await attempt("""
        found = []
        for place, directories, _ in os.walk("/"):
            if place == "/":
                directories.remove("proc")
            try:
                os.close(os.open(os.path.join(place, "file"), os.O_CREAT | os.O_WRONLY))
                found.append(place)
            except OSError:
                pass
        return sorted(found)
    """)
    assert writable == ["/dev/shm", "/output", "/tmp"]


@pytest.mark.parametrize("path", ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger"])
async def test_the_kernels_settings_are_closed(attempt: Attempt, path: str) -> None:
    """Opened for writing only: this must not do harm if it should succeed."""
    found = await attempt(f"""
        if os.path.realpath("/dev/null") != {path!r} and os.stat({path!r}).st_rdev:
            return "masked"
        os.close(os.open({path!r}, os.O_WRONLY))
        return "open"
    """)
    assert found in {"masked", "PermissionError", "OSError", "FileNotFoundError"}


async def test_only_the_standard_descriptors_are_open(attempt: Attempt) -> None:
    """A directory of the host left open would be a way out."""
    found = await attempt("""
        names = sorted(os.listdir("/proc/self/fd"), key=int)
        return [os.readlink(f"/proc/self/fd/{name}").split(":")[0] for name in names[:-1]]
    """)
    assert found == ["/dev/null", "pipe", "pipe", "pipe"]


async def test_no_process_of_the_host_is_seen(attempt: Attempt) -> None:
    assert await attempt("return sorted(filter(str.isdigit, os.listdir('/proc')))") == ["1", "2"]


async def test_there_are_no_privileges_to_use_or_to_gain(attempt: Attempt) -> None:
    status = await attempt("""
        return dict(line.split(":", 1) for line in open("/proc/self/status"))
    """)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0
    assert int(status["NoNewPrivs"]) == 1
    assert int(status["Seccomp"]) == 2


async def test_it_can_become_nobody_else(attempt: Attempt) -> None:
    assert await attempt("os.setuid(0)") in {"PermissionError", "OSError"}


async def test_limits_can_not_be_raised(attempt: Attempt) -> None:
    found = await attempt("""
        import resource
        try:
            resource.setrlimit(resource.RLIMIT_NPROC, (1000, 1000))
        except ValueError:
            return "refused"
    """)
    assert found == "refused"


SYSTEM_CALLS = """
    import ctypes, errno
    libc = ctypes.CDLL(None, use_errno=True)
    found = {{}}
    for name, arguments in {calls!r}.items():
        libc.syscall(*arguments)
        found[name] = errno.errorcode.get(ctypes.get_errno())
        ctypes.set_errno(0)
    return found
"""


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86_64")
async def test_the_system_call_filter_is_in_force(attempt: Attempt) -> None:
    """Each of these would otherwise get another error, or succeed."""
    calls = {
        "unshare(CLONE_NEWUSER)": (272, 0x10000000),
        "ptrace(PTRACE_TRACEME)": (101, 0),
        "memfd_create": (319, b"x", 0),
        "bpf": (321, 0),
        "io_uring_setup": (425, 1, 0),
        "clone(CLONE_NEWUSER)": (56, 0x10000000, 0),
        "socket(AF_NETLINK)": (41, 16, 3, 0),
    }
    found = await attempt(SYSTEM_CALLS.format(calls=calls))
    assert found == dict.fromkeys(calls, "EPERM")
    newer = {"clone3": (435, 0, 0), "a call of tomorrow": (500,)}
    assert await attempt(SYSTEM_CALLS.format(calls=newer)) == dict.fromkeys(newer, "ENOSYS")


async def test_threads_processes_and_local_sockets_still_work(attempt: Attempt) -> None:
    """The filter must not stop honest code."""
    found = await attempt("""
        import socket, subprocess, sys, tempfile, threading
        done = []
        thread = threading.Thread(target=done.append, args=[1])
        thread.start()
        thread.join()
        left, right = socket.socketpair()
        left.send(b"2")
        done.append(int(right.recv(1)))
        child = subprocess.run([sys.executable, "-I", "-S", "-c", "print(3)"],
                               capture_output=True, check=True)
        done.append(int(child.stdout))
        with tempfile.TemporaryFile() as file:
            file.write(b"4")
        return done
    """)
    assert found == [1, 2, 3]
