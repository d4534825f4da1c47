"""Other processes: those of the host, the supervisor's, and those that should not live on."""

from typing import Final

from evalwright_server.attack.case import Case
from evalwright_server.attack.judging import ends, runs_out_of_time, says_contained

DAEMON: Final = """
import signal, time
def daemon():
    os.setsid()
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        os.execv(sys.executable, ["python3", "-I", "-S", "-c", "import time; time.sleep(60)",
                                  SETTING["mark"]])
    os._exit(0)
"""
"""Leaves a process behind that no signal but SIGKILL reaches, with the mark in its arguments."""

PROCESSES: Final = (
    Case(
        "signal-host",
        "reaches no process of the host with a signal",
        """
pid = CANARIES["pid"]
attempt("signal 0", os.kill, pid, 0)
attempt("pidfd", os.pidfd_open, pid)
attempt("its files", os.listdir, "/proc/%d" % pid)
attempt("its environment", reading, "/proc/%d/environ" % pid)
attempt("its group", os.killpg, pid, 0)
report()
""",
        says_contained,
    ),
    Case(
        "other-processes",
        "sees no process but its own and its supervisor",
        """
pids = sorted(map(int, filter(str.isdigit, os.listdir("/proc"))))
check(str(pids), len(pids) <= 3)
for pid in pids:
    try:
        command = open("/proc/%d/cmdline" % pid).read().replace(chr(0), " ")
    except OSError:
        continue
    check(command[:60], "serve" not in command and "systemd" not in command)
report()
""",
        says_contained,
    ),
    Case(
        "supervisor-memory",
        "reads neither memory nor descriptors nor environment of its supervisor",
        """
for pid in {"1", str(os.getppid())} - {"0"}:
    for name in ("mem", "maps", "environ", "auxv", "stack", "syscall", "pagemap", "io"):
        try:
            with open("/proc/" + pid + "/" + name, "rb") as file:
                found = file.read(16)
        except OSError as error:
            refusals.append(pid + "/" + name + " " + errno.errorcode.get(error.errno, "?"))
        else:
            check(pid + "/" + name + " is read", name == "environ" and found == b"")
    attempt(pid + "/fd", os.listdir, "/proc/" + pid + "/fd")
    attempt(pid + "/exe", os.readlink, "/proc/" + pid + "/exe")
    attempt(pid + "/mem", open_to_write, "/proc/" + pid + "/mem")
    attempt(pid + "/oom_score_adj", open_to_write, "/proc/" + pid + "/oom_score_adj")
report()
""",
        says_contained,
    ),
    Case(
        "trace-supervisor",
        "can't trace its supervisor, read its memory by call or take its descriptors",
        """
for pid in {1, os.getppid()} - {0}:
    denied("ptrace", 0x4206, pid, 0, 0)
    denied("process_vm_readv", pid, 0, 0, 0, 0, 0)
    denied("process_vm_writev", pid, 0, 0, 0, 0, 0)
    denied("kcmp", pid, os.getpid(), 0, 0, 0)
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        continue
    denied("pidfd_getfd", handle, 0, 0)
    denied("process_madvise", handle, 0, 0, 21, 0)
    denied("setns", handle, 0x40000000)
report()
""",
        says_contained,
    ),
    Case(
        "kill-supervisor",
        "survives its own attempt to kill process 1, and is reported truly",
        """
import signal
for pid in {1, os.getppid()} - {0}:
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGABRT):
        try:
            os.kill(pid, number)
        except OSError:
            pass
print("still here", flush=True)
os._exit(7)
""",
        ends("failed"),
    ),
    Case(
        "kill-everything",
        "hurts nobody but itself by killing all processes it can see",
        """
import signal
try:
    os.kill(-1, signal.SIGKILL)
except OSError:
    pass
print("escaped: somebody was killed" if os.getppid() == 0 else "still here", flush=True)
""",
        ends("succeeded", "failed"),
    ),
    Case(
        "stop-itself",
        "can't outstay its time by stopping itself",
        """
import signal
os.kill(os.getpid(), signal.SIGSTOP)
print("escaped: somebody woke it up")
""",
        runs_out_of_time,
        timeout=1,
    ),
    Case(
        "stop-everything",
        "can't outstay its time by stopping everybody, its supervisor too",
        """
import signal
for pid in {-1, 1, os.getppid()} - {0}:
    try:
        os.kill(pid, signal.SIGSTOP)
    except OSError:
        pass
os.kill(os.getpid(), signal.SIGSTOP)
""",
        runs_out_of_time,
        timeout=1,
    ),
    Case(
        "daemon",
        "leaves no daemon behind, and its end is not held up by one",
        DAEMON
        + """
for _ in range(3):
    if os.fork() == 0:
        daemon()
print("contained: it left three daemons to be cleared away", flush=True)
""",
        says_contained,
    ),
    Case(
        "daemon-after-timeout",
        "leaves no daemon behind when its time is up",
        DAEMON
        + """
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    daemon()
while True:
    pass
""",
        runs_out_of_time,
        timeout=1,
    ),
    Case(
        "ignore-signals",
        "is ended in time although it ignores every signal, with its children",
        """
import signal, time
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
for _ in range(5):
    if os.fork() == 0:
        os.setpgid(0, 0)
        break
while True:
    time.sleep(10)
""",
        runs_out_of_time,
        timeout=1,
    ),
    Case(
        "become-root",
        "can become nobody else, least of all root",
        """
ids = (os.getresuid(), os.getresgid())
check("uid %s gid %s" % ids, 0 not in ids[0] + ids[1])
attempt("setuid", os.setuid, 0)
attempt("setgid", os.setgid, 0)
attempt("setresuid", os.setresuid, 0, 0, 0)
attempt("another uid", os.setuid, 12345)
attempt("setgroups", os.setgroups, [0])
report()
""",
        says_contained,
    ),
    Case(
        "capabilities",
        "has no capabilities, gains none, and no program raises its rights",
        """
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
    check(name, int(status[name], 16) == 0)
check("no new privileges", int(status["NoNewPrivs"]) == 1)
check("filter", int(status["Seccomp"]) == 2)
check("groups " + status["Groups"].strip(), "0" not in status["Groups"].split())
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
check("raising an ambient capability", libc.prctl(47, 2, 21, 0, 0) == -1)
check("allowing new privileges", libc.prctl(38, 0, 0, 0, 0) == -1)
check("leaving the filter", libc.prctl(22, 0, 0, 0, 0) == -1)
check("securebits", libc.prctl(28, 0, 0, 0, 0) == -1)
report()
""",
        says_contained,
    ),
    Case(
        "priorities",
        "can't put itself in front of others, spare itself from lack of memory or raise limits",
        """
import resource
attempt("nice", os.nice, -5)
attempt("real time", os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1))
def spare():
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-1")
attempt("oom score", spare)
denied("ioprio_set", 1, 0, 1 << 13)
for name in ("NPROC", "NOFILE", "CORE", "FSIZE", "MEMLOCK", "AS", "DATA"):
    kind = getattr(resource, "RLIMIT_" + name)
    soft, hard = resource.getrlimit(kind)
    if hard == resource.RLIM_INFINITY:
        continue
    try:
        resource.setrlimit(kind, (hard + 1, hard + 1))
    except (OSError, ValueError):
        refusals.append(name)
    else:
        breaches.append("raised " + name)
report()
""",
        says_contained,
    ),
    Case(
        "core-dump",
        "leaves no memory image when it crashes, and the crash is told as one",
        """
os.chdir("/output")
os.abort()
""",
        ends("failed", exit_code=134),
    ),
)
