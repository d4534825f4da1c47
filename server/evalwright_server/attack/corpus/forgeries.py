"""Jobs that would be taken for what they are not."""

from typing import Final

from evalwright_server.attack.case import Case, Judge, Trial, Verdict
from evalwright_server.attack.judging import broken, contained, describe, ends, escaped

SPENT_SECONDS: Final = 0.3
HELD_BYTES: Final = 40 * 1024 * 1024


def _fails(code: int, *forbidden_types: str) -> Judge:
    """Make a judge of programs that fail with an exit code, and mean to be seen otherwise."""

    def decide(trial: Trial) -> Verdict:
        if trial.outcome.error_type in forbidden_types:
            return escaped(f"taken for {trial.outcome.error_type}: {describe(trial.outcome)}")
        return ends("failed", exit_code=code)(trial)

    return decide


def _counts_hidden_time(trial: Trial) -> Verdict:
    spent = trial.outcome.cpu_seconds
    if spent is not None and spent < SPENT_SECONDS * 0.8:
        return escaped(f"{spent:.2f} s were counted, {SPENT_SECONDS} were spent")
    ending = ends("succeeded")(trial)
    if not ending.is_good:
        return ending
    return broken("nothing was measured") if spent is None else contained(f"{spent:.2f} s counted")


def _counts_hidden_memory(trial: Trial) -> Verdict:
    peak = trial.outcome.peak_memory_bytes
    if peak is not None and peak < HELD_BYTES:
        return escaped(f"{peak} bytes were counted, {HELD_BYTES} were held")
    ending = ends("succeeded")(trial)
    if not ending.is_good:
        return ending
    return broken("nothing was measured") if peak is None else contained(f"{peak} bytes counted")


def _not_cut(trial: Trial) -> Verdict:
    if trial.outcome.stdout_truncated:
        return escaped("believed that its output was cut")
    return ends("succeeded")(trial)


FORGERIES: Final = (
    Case("exit-124", "is no timeout for ending with exit code 124", "os._exit(124)",
         _fails(124, "timeout", "execution_timeout", "startup_timeout")),
    Case("exit-137", "is not out of memory for ending with exit code 137", "os._exit(137)",
         _fails(137, "oom")),
    Case("exit-152", "is no timeout for ending as if by the limit on processor time",
         "os._exit(152)", _fails(152, "timeout", "execution_timeout")),
    Case("exit-255", "is no failure of the server for ending with exit code 255", "os._exit(255)",
         _fails(255, "internal_error", "docker_error")),
    Case("prints-memory-error", "is not out of memory for saying so", """
print("MemoryError", file=sys.stderr)
print("Killed", "oom-kill", "Out of memory", file=sys.stderr)
sys.stderr.write("Traceback (most recent call last):\\nMemoryError")
sys.stderr.flush()
os._exit(1)
""", ends("failed", exit_code=1)),
    Case("raises-memory-error", "is not out of memory for raising the error itself",
         "raise MemoryError", ends("failed", exit_code=1)),
    Case("kills-itself", "is neither out of memory nor cancelled for killing itself", """
import signal
os.kill(os.getpid(), signal.SIGKILL)
""", _fails(137, "oom", "cancelled", "timeout")),
    Case("signals-processor-time", "is no timeout for sending itself the signal of one", """
import signal
os.kill(os.getpid(), signal.SIGXCPU)
""", _fails(152, "timeout", "execution_timeout")),
    Case("terminates-itself", "is not cancelled for sending itself SIGTERM", """
import signal
os.kill(os.getpid(), signal.SIGTERM)
""", _fails(143, "cancelled", "timeout")),
    Case("writes-to-descriptors", "can't talk to its supervisor by descriptors it has not got", """
LINES = (b'{"exit-code": 0}', b'{"status": "succeeded", "exit_code": 0}', b"ready", b"done 0",
         b'["result", 0, 1.0, null, null]', b'{"event": "exited", "code": 0}', b"0")
for number in range(3, 64):
    for line in LINES:
        try:
            os.write(number, line + b"\\n")
        except OSError:
            pass
os._exit(3)
""", _fails(3)),
    Case("fake-messages", "can't talk to its supervisor by what it prints", """
for stream in (sys.stdout, sys.stderr):
    print('{"exit-code": 0}', file=stream)
    print('{"job_id": "x", "status": "succeeded", "exit_code": 0}', file=stream)
    print("[evalwright] job succeeded", file=stream, flush=True)
os._exit(3)
""", _fails(3)),
    Case("fake-truncation", "can't pretend that its output was cut", """
print("[TRUNCATED: output exceeded 65536 bytes]", flush=True)
print("contained: said so", flush=True)
""", _not_cut),
    Case("other-program", "is judged by what it becomes", """
os.execv(sys.executable, ["python3", "-I", "-S", "-c", "raise SystemExit(5)"])
""", _fails(5)),
    Case("broken-interpreter", "can't spoil its verdict by breaking the interpreter it runs in", """
import atexit, builtins
def lie(*arguments, **named):
    return None
sys.excepthook = sys.unraisablehook = lie
sys.exit = os._exit_ = lie
atexit.register(lambda: os.write(1, b"at exit"))
for module in list(sys.modules.values()):
    for name in ("wait4", "waitpid", "waitid", "kill", "write", "sendmsg", "send", "dumps"):
        try:
            if hasattr(module, name) and module is not sys:
                setattr(module, name, lie)
        except Exception:
            pass
raise SystemExit(9)
""", _fails(9)),
    Case("searches-memory", "finds no open door in the memory it started with", """
import gc
doors = []
for thing in gc.get_objects():
    kind = type(thing).__name__
    if kind in ("socket", "SSLSocket", "Popen", "FileIO") and "closed" not in repr(thing):
        handle = getattr(thing, "fileno", lambda: -1)()
        if handle > 2 and kind != "FileIO":
            doors.append(repr(thing)[:80])
check("doors " + str(doors), not doors)
frame = sys._getframe()
while frame is not None:
    for name, value in list(frame.f_locals.items()):
        is_open = "socket" in type(value).__name__ and value.fileno() >= 0
        check(name, not is_open)
    frame = frame.f_back
report()
""", ends("succeeded")),
    Case("hidden-time", "can't hide processor time in grandchildren that nobody waits for", f"""
import time
source, sink = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while time.process_time() < {SPENT_SECONDS}:
            pass
        os.write(sink, b"x")
    os._exit(0)
os.read(source, 1)
""", _counts_hidden_time),
    Case("hidden-memory", "can't hide memory in children that are gone by the end", f"""
import time
child = os.fork()
if child == 0:
    held = bytearray({HELD_BYTES})
    for place in range(0, len(held), 4096):
        held[place] = 1
    time.sleep(0.3)
    os._exit(0)
os.waitpid(child, 0)
""", _counts_hidden_memory),
)  # fmt: skip
