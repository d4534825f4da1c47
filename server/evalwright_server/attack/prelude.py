"""What stands in front of every program of the corpus."""

from pprint import pformat
from typing import Final

NUMBERS: Final[dict[str, tuple[int, int]]] = {
    "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171), "bpf": (321, 280),
    "chroot": (161, 51), "clock_adjtime": (305, 266), "clock_settime": (227, 112),
    "clone": (56, 220), "clone3": (435, 435), "delete_module": (176, 106),
    "fanotify_init": (300, 262), "finit_module": (313, 273), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fsopen": (430, 430), "fspick": (433, 433), "getpid": (39, 172),
    "init_module": (175, 105), "io_setup": (206, 0), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "io_uring_setup": (425, 425), "ioprio_set": (251, 30),
    "kcmp": (312, 272), "kexec_file_load": (320, 294), "kexec_load": (246, 104),
    "keyctl": (250, 219), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "mount": (165, 40), "mount_setattr": (442, 442), "move_mount": (429, 429),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "open_tree": (428, 428),
    "perf_event_open": (298, 241), "personality": (135, 92), "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434), "pivot_root": (155, 41), "process_madvise": (440, 440),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "ptrace": (101, 117),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "reboot": (169, 142),
    "request_key": (249, 218), "setdomainname": (171, 162), "sethostname": (170, 161),
    "setns": (308, 268), "settimeofday": (164, 170), "shmat": (30, 196), "shmget": (29, 194),
    "swapoff": (168, 225), "swapon": (167, 224), "syslog": (103, 116), "umount2": (166, 39),
    "unshare": (272, 97), "userfaultfd": (323, 282), "vhangup": (153, 58),
}  # fmt: skip
"""Numbers of system calls on x86-64 and on 64-bit ARM.

Written down anew rather than taken from the filter: a wrong number there must not go unseen here.
"""

_TEXT: Final = '''
import errno, json, os, sys

NUMBERS = {numbers}
SETTING = json.load(open("/input/data.json"))
CANARIES = SETTING["canaries"]
MIB = 1024 * 1024
MACHINE = os.uname().machine
refusals, breaches = [], []


def check(what, holds):
    """Note whether something is as it must be."""
    (refusals if holds else breaches).append(str(what))


def attempt(what, deed, *arguments):
    """Do what must fail."""
    try:
        got = deed(*arguments)
    except OSError as error:
        refusals.append(what + " " + errno.errorcode.get(error.errno, type(error).__name__))
    else:
        breaches.append(what + " gives " + repr(got)[:80])


def reading(path):
    with open(path, "rb") as file:
        return file.read(200)


def open_to_write(path):
    """Open, and never write."""
    os.close(os.open(path, os.O_WRONLY))
    return "open for writing"


def call(name, *arguments):
    """Make a system call by its bare number."""
    import ctypes
    number = NUMBERS[name][MACHINE == "aarch64"] if isinstance(name, str) else name
    libc = ctypes.CDLL(None, use_errno=True)
    words = [word if isinstance(word, bytes) else ctypes.c_long(word) for word in arguments]
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *words)
    if result == -1:
        raise OSError(ctypes.get_errno(), str(name))
    return result


def denied(name, *arguments):
    """Make a system call that must be turned away at the door: any other error came from within."""
    try:
        got = call(name, *arguments)
    except OSError as error:
        word = errno.errorcode.get(error.errno, error.errno)
        check(str(name) + " " + str(word), word in ("EPERM", "ENOSYS", "EACCES"))
    else:
        breaches.append(str(name) + " gives " + str(got))


def end_of_child(deed):
    """Do something in a process of its own; give its exit code, or minus the signal."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = deed() or 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def only_in_a_sandbox():
    """Do not try on an open machine what could do harm there."""
    pids = [name for name in os.listdir("/proc") if name.isdigit()]
    networks = [line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]]
    if len(pids) > 8 or networks not in ([], ["lo"]):
        print("escaped: it sees %d processes and the networks %s, so nothing was tried"
              % (len(pids), networks), flush=True)
        os._exit(0)


def report():
    word, found = ("escaped:", breaches) if breaches else ("contained:", refusals)
    line = "; ".join(" ".join(each.split()) for each in dict.fromkeys(found))
    print(word, line[:2000], flush=True)

'''

PRELUDE: Final = _TEXT.replace("{numbers}", pformat(NUMBERS, width=99, compact=True))


GUARD: Final = "only_in_a_sandbox()\n"
"""First line of a program that could do harm where nothing holds it."""


def source(program: str) -> str:
    """Return the whole source of a program of the corpus."""
    return f"{PRELUDE}\n{program.strip()}\n"
