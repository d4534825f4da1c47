"""What lies in /output when a job has ended, for a server that would trust it."""

from typing import Final

from evalwright_server.attack.case import Case, Trial, Verdict
from evalwright_server.attack.judging import broken, contained, ends, escaped, keeps

_GOOD: Final = """
with open("/output/good.txt", "w") as file:
    file.write("good")
"""


def _keeps_some(trial: Trial) -> Verdict:
    ending = ends("succeeded")(trial)
    found = trial.outcome.artifacts
    if not ending.is_good:
        return ending
    return contained(f"{len(found)} files were kept") if found else broken("nothing was kept")


def _no_output(trial: Trial) -> Verdict:
    ending = keeps("good.txt", without={"result.json"})(trial)
    if ending.is_good and trial.outcome.output is not None:
        return escaped(f"output is {trial.outcome.output}")
    return ending


def _same_content(trial: Trial) -> Verdict:
    """Compare what was kept with what the program says it wrote."""
    kept = trial.outcome.artifacts.get("good.txt")
    if kept is None or kept.content not in {b"good", b""}:
        return broken(f"good.txt is {kept}")
    return ends("succeeded")(trial)


ARTIFACTS: Final = (
    Case(
        "symbolic-links",
        "gets no file of the host collected through a symbolic link",
        _GOOD
        + """
targets = {"canary": CANARIES["file"], "passwd": "/etc/passwd", "environ": "/proc/self/environ",
           "root": "/", "dots": "../../../../etc/shadow", "itself": "itself", "good": "good.txt",
           "supervisor": "/proc/1/environ", "input": "/input/data.json", "zero": "/dev/zero"}
for name, target in targets.items():
    os.symlink(target, "/output/" + name)
""",
        keeps("good.txt", without={"canary", "passwd", "environ", "root", "dots", "itself", "good",
                                   "supervisor", "input", "zero"}),
    ),
    Case(
        "linked-result",
        "gets no file of the host read as its result",
        _GOOD
        + """
os.symlink(CANARIES["file"], "/output/result.json")
""",
        _no_output,
    ),
    Case(
        "hard-links",
        "gets nothing collected twice, or from elsewhere, by hard links",
        _GOOD
        + """
for path in ("/code/main.py", "/input/data.json", "/proc/self/environ", "/etc/passwd",
             os.path.realpath(sys.executable), CANARIES["file"]):
    attempt(path, os.link, path, "/output/linked")
with open("/output/one", "w") as file:
    file.write("x" * 1000)
for number in range(50):
    os.link("/output/one", "/output/other%d" % number)
report()
""",
        keeps("good.txt", without={"linked", "one", "other0", "other49"}),
    ),
    Case(
        "pipes",
        "can't hang the collection with a named pipe",
        _GOOD
        + """
os.mkfifo("/output/pipe")
os.mkfifo("/output/result.json")
""",
        _no_output,
    ),
    Case(
        "sockets-as-files",
        "gets no socket collected",
        _GOOD
        + """
import socket
own = socket.socket(socket.AF_UNIX)
own.bind("/output/socket")
own.listen()
other = socket.socket(socket.AF_UNIX)
other.bind("/output/result.json")
""",
        keeps("good.txt", without={"socket", "result.json"}),
    ),
    Case(
        "folder-as-result",
        "breaks nothing with a folder in place of a file",
        _GOOD
        + """
os.mkdir("/output/result.json")
os.mkdir("/output/folder")
open("/output/folder/inner.txt", "w").close()
""",
        _no_output,
    ),
    Case(
        "huge-files",
        "loses what is too large, and nothing else",
        _GOOD
        + """
with open("/output/huge", "wb") as file:
    file.truncate(min(90 * MIB, SETTING["file_bytes"]))
with open("/output/larger", "wb") as file:
    file.truncate(SETTING["artifact_bytes"] + 1)
""",
        keeps("good.txt", without={"huge", "larger"}),
    ),
    Case(
        "too-much-together",
        "gets no more collected than all its files may have together",
        """
size = SETTING["artifact_bytes"] - 1
for number in range(SETTING["artifacts_bytes"] // size + 3):
    with open("/output/%d" % number, "wb") as file:
        file.truncate(size)
""",
        _keeps_some,
    ),
    Case(
        "many-files",
        "gets no more files collected than it may leave",
        """
for number in range(min(3000, SETTING["files"] // 2)):
    with open("/output/%d" % number, "w") as file:
        file.write("x")
""",
        _keeps_some,
    ),
    Case(
        "odd-names",
        "gets through no name that means something to a shell, a header, a path or a terminal",
        _GOOD
        + r"""
NAMES = [b"a\nb", b"a\r\nSet-Cookie: x=y", b"a\x00b", b"\x1b[2J", b"a\\b", b"..\\..\\x",
         b".hidden", b"...", b"%2e%2e%2fx", b"%00", b"-rf", b"$(reboot)", b"`reboot`", b"a;b",
         b'"; filename="x', b"'", b" ", b"a b", b"\xff\xfe", b"\xed\xa0\x80", b"CON", b"a:b",
         "\u202egpj.exe".encode(), "\u00fc\U0001f600".encode(), b"x" * 255, b"~", b"*", b"?",
         b"index.html", b"_code.py", b"_input.json", b"archive.zip", "\x85".encode(), b"\x7f"]
for name in NAMES:
    try:
        with open(b"/output/" + name, "w") as file:
            file.write("odd")
    except (OSError, ValueError):
        pass
""",
        keeps("good.txt", "a b", "$(reboot)"),
    ),
    Case(
        "deep-folders",
        "can't trip the collection or the removal with folders in folders",
        _GOOD
        + """
for place in ("/output", "/tmp"):
    os.chdir(place)
    for _ in range(min(3000, SETTING["files"] // 2)):
        os.mkdir("d")
        os.chdir("d")
""",
        keeps("good.txt", without={"d"}),
    ),
    Case(
        "closed-files",
        "breaks nothing with files and folders that nobody may open",
        _GOOD
        + """
with open("/output/closed.txt", "w") as file:
    file.write("closed")
os.chmod("/output/closed.txt", 0)
os.mkdir("/output/folder", 0)
os.chmod("/output/good.txt", 0o4777)
""",
        keeps("good.txt"),
    ),
    Case(
        "closed-output",
        "breaks nothing by closing /output itself",
        _GOOD + 'os.chmod("/output", 0)\n',
        ends("succeeded"),
    ),
    Case(
        "moved-output",
        "can't put something else in the place of /output",
        _GOOD
        + """
attempt("moving", os.rename, "/output", "/tmp/output")
attempt("removing", os.rmdir, "/output")
attempt("linking", os.symlink, "/etc", "/output")
report()
""",
        keeps("good.txt"),
    ),
    Case(
        "race",
        "gets nothing collected by swapping files for links until after its end",
        _GOOD
        + """
import signal
def swap():
    os.setsid()
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        try:
            os.symlink(CANARIES["file"], "/output/.new")
            os.rename("/output/.new", "/output/swapped")
            with open("/output/.new", "w") as file:
                file.write("mine")
            os.rename("/output/.new", "/output/swapped")
        except OSError:
            pass
for _ in range(2):
    if os.fork() == 0:
        swap()
""",
        keeps("good.txt"),
    ),
    Case(
        "writes-on",
        "gets nothing into a file after its end",
        _GOOD
        + """
if os.fork() == 0:
    os.setsid()
    while True:
        with open("/output/good.txt", "a") as file:
            file.write("")
        with open("/output/late.txt", "w") as file:
            file.write("late" * 1000)
""",
        _same_content,
    ),
)  # fmt: skip
