"""System calls that no Python program has a use for."""

from typing import Final

from evalwright_server.attack.case import Case
from evalwright_server.attack.judging import says_contained

_X86_ONLY: Final = """
if MACHINE != "x86_64":
    print("not applicable: this is no x86-64 machine", flush=True)
    os._exit(0)
"""
_MACHINE_CODE: Final = """
import ctypes, mmap
def run(code):
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_long)(address)()
"""


def _denied(name: str, claim: str, *calls: str) -> Case:
    """Make a case of calls that must be turned away."""
    return Case(name, claim, "\n".join([*(f"denied({call})" for call in calls), "report()"]),
                says_contained)  # fmt: skip


SYSCALLS: Final = (
    Case(
        "32-bit-entry",
        "gets nothing through the 32-bit entry of an x86-64 kernel, whose numbers mean other calls",
        _X86_ONLY
        + _MACHINE_CODE
        + """
# push rbx; mov eax, 20 (getpid); int 0x80; pop rbx; ret
code = bytes.fromhex("53" "b814000000" "cd80" "5b" "c3")
end = end_of_child(lambda: 1 if run(code) > 0 else 2)
check("ended with %d" % end, end != 1 and end != 99)
# Once more for a call that the filter denies by its 64-bit number: 310 is unshare there.
code = bytes.fromhex("53" "bb00000010" "b836010000" "cd80" "5b" "c3")
end = end_of_child(lambda: 1 if run(code) == 0 else 2)
check("unshare ended with %d" % end, end != 1)
report()
""",
        says_contained,
    ),
    Case(
        "x32-entry",
        "gets nothing through the x32 numbers of an x86-64 kernel",
        _X86_ONLY
        + """
X32 = 0x40000000
def knock(number, *arguments):
    try:
        call(X32 | number, *arguments)
    except OSError as error:
        return 2 if error.errno in (errno.ENOSYS, errno.EPERM) else 1
    return 1
for name, number in (("getpid", 39), ("unshare", 272), ("ptrace", 521), ("kexec_load", 528)):
    end = end_of_child(lambda: knock(number, 0x10000000))
    check("%s ended with %d" % (name, end), end not in (1, 99))
report()
""",
        says_contained,
    ),
    Case(
        "unknown-calls",
        "gets nothing from calls that came to the kernel after the filter was written",
        """
for number in (*range(463, 520), 548, 600, 1000, 4096, 65535, 0x3FFFFFFF):
    try:
        call(number, 0, 0, 0, 0, 0, 0)
    except OSError as error:
        check("%d %s" % (number, errno.errorcode.get(error.errno)),
              error.errno in (errno.ENOSYS, errno.EPERM))
    else:
        breaches.append("%d answers" % number)
report()
""",
        says_contained,
    ),
    _denied(
        "io-uring",
        "can't use io_uring, which passes by the filter",
        "'io_uring_setup', 1, 0",
        "'io_uring_enter', -1, 0, 0, 0, 0, 0",
        "'io_uring_register', -1, 0, 0, 0",
        "'io_setup', 1, 0",
    ),
    _denied(
        "bpf",
        "can't load programs into the kernel",
        "'bpf', 0, 0, 0",
        "'bpf', 5, 0, 0",
        "'perf_event_open', 0, 0, -1, -1, 0",
    ),
    _denied(
        "keyrings",
        "can't reach the keyrings of the kernel, which no namespace divides",
        "'add_key', b'no-such-type', b'evalwright', b'x', 1, -3",
        "'request_key', b'user', b'evalwright', 0, 0",
        "'keyctl', 0, -3, 0",
        "'keyctl', 11, -3, 0, 0",
    ),
    _denied(
        "userfaultfd",
        "can't stop the kernel in the middle of a page fault",
        "'userfaultfd', 0",
        "'userfaultfd', 1",
    ),
    _denied(
        "tracing",
        "can't trace, not even its own children",
        "'ptrace', 0, 0, 0, 0",
        "'ptrace', 0x4206, os.getppid(), 0, 0",
        "'process_vm_readv', os.getpid(), 0, 0, 0, 0, 0",
    ),
    _denied(
        "kernel-modules",
        "can't load modules or another kernel",
        "'init_module', 0, 0, b''",
        "'finit_module', -1, b'', 0",
        "'delete_module', b'x', 0",
        "'kexec_load', 0, 1000, 0, 0",
        "'kexec_file_load', -1, -1, 0, b'', 0",
    ),
    _denied(
        "machine-control",
        "can't restart the machine, change its swap or read its log",
        "'reboot', 0, 0, 0, 0",
        "'swapon', b'/tmp/x', 0",
        "'swapoff', b'/tmp/x'",
        "'acct', b'/no/such/file'",
        "'syslog', 3, 0, 0",
        "'quotactl', 0, 0, 0, 0",
        "'quotactl_fd', -1, 0, 0, 0",
        "'fanotify_init', 0, 0",
    ),
    _denied(
        "clock",
        "can't set the clock",
        "'settimeofday', 0, 0",
        "'clock_settime', 0, 0",
        "'adjtimex', 0",
        "'clock_adjtime', 0, 0",
    ),
    _denied(
        "personality",
        "can't switch off the randomness of its addresses",
        "'personality', 0x0040000",
    ),
    _denied(
        "secret-memory",
        "can't have memory that the kernel itself does not see",
        "'memfd_secret', 0",
    ),
    Case(
        "terminal-injection",
        "can't put words into the mouth of whoever sits at the terminal",
        """
import fcntl
own, other = os.openpty() if os.path.exists("/dev/ptmx") else (0, 1)
for handle in (0, 1, 2, own, other):
    for name, request in (("TIOCSTI", 0x5412), ("TIOCLINUX", 0x541C)):
        attempt(name, fcntl.ioctl, handle, request, b"x")
attempt("controlling terminal", os.open, "/dev/tty", os.O_RDWR)
check("no terminal", not any(os.isatty(number) for number in (0, 1, 2)))
report()
""",
        says_contained,
    ),
    Case(
        "x86-oddities",
        "can't touch ports, segments or old corners of the processor",
        _X86_ONLY
        + """
for name, number, arguments in (
    ("iopl", 172, (3,)), ("ioperm", 173, (0x70, 2, 1)), ("modify_ldt", 154, (0, 0, 0)),
    ("vmsplice", 278, (-1, 0, 0, 0)), ("uselib", 134, (b"/tmp/x",)), ("_sysctl", 156, (0,)),
    ("lookup_dcookie", 212, (0, 0, 0)), ("nfsservctl", 180, (0, 0, 0))):
    denied(number, *arguments)
report()
""",
        says_contained,
    ),
)
