"""Processes, threads, processor time, descriptors, files, disk space and output without end."""

from typing import Final

from evalwright_server.attack.case import Case, Judge, Trial, Verdict
from evalwright_server.attack.judging import (
    contained,
    counts_up_to,
    describe,
    ends,
    escaped,
    keeps,
    runs_out_of_time,
)

CPU_SLACK_SECONDS: Final = 0.5


def _is_flood(stream: str) -> Judge:
    def decide(trial: Trial) -> Verdict:
        ending = ends("succeeded", "timeout")(trial)
        if ending.is_good and not getattr(trial.outcome, f"{stream}_truncated"):
            return escaped(f"{stream} is not marked as cut: {describe(trial.outcome)}")
        return ending

    return decide


def _keeps_few_processors(trial: Trial) -> Verdict:
    outcome, cpus = trial.outcome, trial.setting.bounds.cpus
    if outcome.cpu_seconds is None:
        return runs_out_of_time(trial)
    allowed = cpus * outcome.seconds * 1.25 + CPU_SLACK_SECONDS
    said = f"{outcome.cpu_seconds:.2f} s of processor time in {outcome.seconds:.2f} s"
    if outcome.cpu_seconds > allowed:
        return escaped(f"{said}, with {cpus:g} processors")
    ending = runs_out_of_time(trial)
    return contained(said) if ending.is_good else ending


BOMBS: Final = (
    Case(
        "many-processes",
        "can't have more processes than it may",
        """
import signal, time
count, most = 0, SETTING["processes"] * 3
try:
    while count < most:
        if os.fork() == 0:
            signal.pause()
            os._exit(0)
        count += 1
except OSError:
    pass
print("count", count, flush=True)
""",
        counts_up_to("processes"),
    ),
    Case(
        "fork-bomb",
        "can't fork itself out of its time",
        """
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
        runs_out_of_time,
        timeout=1,
    ),
    Case(
        "orphan-storm",
        "can't keep its supervisor too busy to end it with processes that nobody waits for",
        """
def storm():
    while True:
        try:
            if os.fork() == 0:
                os.fork()
                os._exit(0)
        except OSError:
            pass
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        break
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
storm()
""",
        runs_out_of_time,
        timeout=1,
    ),
    Case(
        "many-threads",
        "can't have more threads than it may have processes",
        """
import threading
event, count, most = threading.Event(), 0, SETTING["processes"] * 3
threading.stack_size(65536)
try:
    while count < most:
        threading.Thread(target=event.wait, daemon=True).start()
        count += 1
except (RuntimeError, MemoryError):
    pass
print("count", count, flush=True)
os._exit(0)
""",
        counts_up_to("processes"),
    ),
    Case(
        "spin",
        "can't compute longer than it may",
        "while True: pass",
        runs_out_of_time,
        timeout=1,
    ),
    Case(
        "sleep",
        "can't sleep longer than it may",
        "import time; time.sleep(1000)",
        runs_out_of_time,
        timeout=1,
    ),
    Case(
        "processor-share",
        "can't keep more processors busy than it may, with as many processes as it likes",
        """
for _ in range(5):
    os.fork()
while True:
    pass
""",
        _keeps_few_processors,
        timeout=2,
    ),
    Case(
        "many-descriptors",
        "can't open more files at once than it may",
        """
count = 0
try:
    while count < SETTING["open_files"] * 2:
        os.open("/dev/null", os.O_RDONLY)
        count += 1
except OSError:
    pass
print("count", count, flush=True)
""",
        counts_up_to("open_files"),
    ),
    Case(
        "many-files-in-tmp",
        "can't make files without number in /tmp, whose memory no limit on size sees",
        """
number = 0
try:
    for number in range(SETTING["files"] + 200_000):
        os.mknod("/tmp/%d" % number)
except OSError as error:
    print("contained: %d files, then" % number, error, flush=True)
else:
    print("escaped: made %d files" % number, flush=True)
os._exit(0)
""",
        ends("succeeded", "oom", "failed", "timeout"),
    ),
    Case(
        "many-files-in-output",
        "can't make files without number in /output",
        """
number = 0
try:
    for number in range(SETTING["files"] + 200_000):
        os.mknod("/output/%d" % number)
except OSError as error:
    print("contained: %d files, then" % number, error, flush=True)
else:
    print("escaped: made %d files" % number, flush=True)
os._exit(0)
""",
        ends("succeeded", "oom", "failed", "timeout"),
    ),
    Case(
        "disk",
        "can't fill the disk: /tmp and /output have a size, and count as memory",
        """
for place, most in (("/tmp", 256 * MIB), ("/output", SETTING["output_bytes"] + 32 * MIB)):
    written = number = 0
    block = bytes(4 * MIB)
    try:
        while written < most + len(block):
            with open("%s/%d" % (place, number), "wb", 0) as file:
                written += file.write(block)
            number += 1
    except OSError as error:
        check("%s %d %s" % (place, written, error), True)
    else:
        check("%s takes %d" % (place, written), False)
report()
""",
        ends("succeeded", "oom"),
    ),
    Case(
        "one-huge-file",
        "can't make a file larger than it may, not even one full of holes",
        """
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for place in ("/tmp", "/output", "/dev/shm"):
    with open(place + "/huge", "wb") as file:
        attempt(place, os.ftruncate, file.fileno(), 1 << 40)
        attempt(place, os.ftruncate, file.fileno(), SETTING["file_bytes"] + 1)
        attempt(place + " at its far end", os.pwrite, file.fileno(), b"x", 1 << 40)
report()
""",
        ends("succeeded"),
    ),
    Case(
        "stdout-flood",
        "can't flood the server through stdout; what is too much is dropped and marked",
        """
block = b"x" * 65536
for _ in range(400):
    os.write(1, block)
""",
        _is_flood("stdout"),
    ),
    Case(
        "stderr-flood",
        "can't flood the server through stderr, with bytes that are no text",
        """
block = bytes(range(128, 256)) * 512
for _ in range(400):
    os.write(2, block)
""",
        _is_flood("stderr"),
    ),
    Case(
        "endless-flood",
        "can't keep the server busy with output without end or line feed",
        """
while True:
    os.write(1, b"x" * 65536)
    os.write(2, b"y" * 65536)
""",
        runs_out_of_time,
        timeout=1,
    ),
    Case(
        "closed-streams",
        "gains nothing by closing its streams: it neither ends early nor late",
        """
import time
for number in (0, 1, 2):
    os.close(number)
time.sleep(0.2)
with open("/output/late", "w") as file:
    file.write("there")
""",
        keeps("late"),
    ),
    Case(
        "inherited-streams",
        "is not kept open by children that hold on to its streams",
        """
import time
for _ in range(4):
    if os.fork() == 0:
        os.setsid()
        time.sleep(1000)
print("contained: the children sleep on", flush=True)
os._exit(0)
""",
        ends("succeeded"),
    ),
)
