"""What one job leaves for the next, and what jobs at the same time see of each other."""

from typing import Final

from evalwright_server.attack.case import Case, Trial, Verdict
from evalwright_server.attack.judging import broken, contained, describe, escaped, says_contained

_SLEEP: Final = "import time; time.sleep(1.5)\n"


def _differ(trial: Trial) -> Verdict:
    """Want two jobs that print the same if they share what should be random."""
    first, second = trial.first, trial.outcome
    if first is None or not first.stdout or not second.stdout:
        return broken(f"there is nothing to compare: {describe(second)}")
    both = set(first.stdout.split()) & set(second.stdout.split())
    return escaped(f"both jobs drew {both}") if both else contained("all draws differ")


LEFTOVERS: Final = (
    Case(
        "left-files",
        "finds no file of the job before it",
        """
for place in ("/tmp", "/output", "/dev/shm", "/var/tmp", "/home/sandbox", "/app", "/run"):
    names = os.listdir(place) if os.path.isdir(place) else []
    check("%s %s" % (place, names), not any("leftover" in name for name in names))
for place in ("/tmp", "/output", "/dev/shm"):
    check(place, os.listdir(place) == [])
report()
""",
        says_contained,
        before="""
for place in ("/tmp", "/output", "/dev/shm", "/var/tmp", "/home/sandbox", "/app", "/run"):
    try:
        with open(place + "/leftover", "w") as file:
            file.write(SETTING["mark"])
    except OSError:
        pass
""",
    ),
    Case(
        "left-processes",
        "finds no process of the job before it",
        """
for pid in filter(str.isdigit, os.listdir("/proc")):
    command = open("/proc/" + pid + "/cmdline").read()
    check(pid, SETTING["mark"] not in command)
report()
""",
        says_contained,
        before="""
import signal
if os.fork() == 0:
    os.setsid()
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    os.execv(sys.executable, ["python3", "-I", "-S", "-c", "import time; time.sleep(60)",
                              SETTING["mark"]])
""",
    ),
    Case(
        "system-v-memory",
        "finds no shared segment of the job before it",
        """
attempt("segment", call, "shmget", int(SETTING["mark"][-6:], 16), 4096, 0)
report()
""",
        says_contained,
        before="""
try:
    call("shmget", int(SETTING["mark"][-6:], 16), 4096, 0o1666)
except OSError:
    pass
""",
    ),
    Case(
        "interpreter",
        "starts with an interpreter that the job before it could not touch",
        """
import builtins, json
check("builtins", not hasattr(builtins, "leftover"))
check("modules", "leftover" not in sys.modules)
check("environment", "LEFTOVER" not in os.environ)
check("library", not hasattr(json, "leftover"))
check("search path", "/tmp" not in sys.path and "/dev/shm" not in sys.path)
check("working directory " + os.getcwd(), os.getcwd() == "/app")
check("umask", os.umask(0o22) != 0)
report()
""",
        says_contained,
        before="""
import builtins, json, types
builtins.leftover = json.leftover = SETTING["mark"]
sys.modules["leftover"] = types.ModuleType("leftover")
os.environ["LEFTOVER"] = SETTING["mark"]
sys.path.insert(0, "/tmp")
os.chdir("/tmp")
os.umask(0)
""",
    ),
    Case(
        "library-files",
        "imports nothing that the job before it put in place of a library",
        """
import this_is_no_module_of_anybody as found
print("escaped:", found)
""",
        lambda trial: (
            contained("nothing to import")
            if "ModuleNotFoundError" in trial.outcome.stderr
            else escaped(describe(trial.outcome))
        ),
        before="""
import sysconfig
places = [sysconfig.get_paths()["stdlib"], sysconfig.get_paths()["purelib"], *sys.path, "/app",
          "/tmp", "/code", "/dev/shm", "/env/site-packages"]
for place in places:
    try:
        with open(place + "/this_is_no_module_of_anybody.py", "w") as file:
            file.write("pass")
    except OSError:
        pass
""",
    ),
    Case(
        "abstract-socket",
        "finds no server of the job before it",
        """
import socket
own = socket.socket(socket.AF_UNIX)
attempt("abstract", own.connect, chr(0) + SETTING["mark"])
other = socket.socket()
attempt("loopback", other.connect, ("127.0.0.1", 34567))
report()
""",
        says_contained,
        before="""
import socket, time
if os.fork() == 0:
    os.setsid()
    own = socket.socket(socket.AF_UNIX)
    own.bind(chr(0) + SETTING["mark"])
    own.listen()
    other = socket.socket()
    other.bind(("127.0.0.1", 34567))
    other.listen()
    time.sleep(60)
time.sleep(0.1)
""",
    ),
    Case(
        "randomness",
        "draws other random numbers than the job before it, from every source",
        _DRAW := """
import random, secrets, tempfile, uuid
print(random.random(), random.getrandbits(64), uuid.uuid4(), secrets.token_hex(8),
      os.urandom(8).hex(), random.Random().random(), next(tempfile._get_candidate_names()),
      flush=True)
""",
        _differ,
        before=_DRAW,
    ),
    Case(
        "limits",
        "has limits and priority that the job before it could not lower or raise",
        """
import resource
check("niceness %d" % os.getpriority(os.PRIO_PROCESS, 0), os.getpriority(os.PRIO_PROCESS, 0) < 19)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
check("files %d" % soft, soft > 16)
resource.getrlimit(resource.RLIMIT_FSIZE)
check("file size", resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 0)
report()
""",
        says_contained,
        before="""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
os.nice(19)
""",
    ),
    Case(
        "neighbour",
        "sees nothing of a job that runs at the same time, and can't hurt it",
        """
import signal, socket, time
name = chr(0) + SETTING["mark"] + "beside"
for _ in range(20):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            command = open("/proc/" + pid + "/cmdline").read()
        except OSError:
            continue
        check("process", "neighbour" not in command)
    for place in ("/tmp", "/output", "/dev/shm"):
        check(place, "neighbour" not in os.listdir(place))
    own, other = socket.socket(socket.AF_UNIX), socket.socket()
    attempt("abstract", own.connect, name)
    attempt("loopback", other.connect, ("127.0.0.1", 34568))
    own.close()
    other.close()
    time.sleep(0.025)
for number in range(2, 50):
    if number != os.getpid():
        attempt("signal", os.kill, number, 0)
report()
""",
        lambda trial: (
            escaped(f"the neighbour was hurt: {describe(trial.first)}")
            if trial.first is not None and trial.first.status != "succeeded"
            else says_contained(trial)
        ),
        beside="""
import socket
own = socket.socket(socket.AF_UNIX)
own.bind(chr(0) + SETTING["mark"] + "beside")
own.listen()
other = socket.socket()
other.bind(("127.0.0.1", 34568))
other.listen()
for place in ("/tmp", "/output", "/dev/shm"):
    open(place + "/neighbour", "w").close()
if os.fork() == 0:
    os.execv(sys.executable, ["python3", "-I", "-S", "-c", "import time; time.sleep(60)",
                              "neighbour"])
"""
        + _SLEEP,
    ),
    Case(
        "neighbour-killed",
        "can't kill a job that runs at the same time under the same account",
        """
import signal, time
for _ in range(10):
    for pid in range(3, 400):
        if pid != os.getpid():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
    time.sleep(0.05)
print("contained: all numbers were tried", flush=True)
""",
        lambda trial: (
            escaped(f"the neighbour was killed: {describe(trial.first)}")
            if trial.first is not None and trial.first.status != "succeeded"
            else says_contained(trial)
        ),
        beside=_SLEEP,
    ),
)
