"""Memory in its several forms; each program stops half above the limit."""

from typing import Final

from evalwright_server.attack.case import Case
from evalwright_server.attack.judging import ends

_FILL: Final = """
import mmap, time
LIMIT = SETTING["memory_bytes"]
STEP = 4 * MIB
held = []
def fill(one):
    for taken in range(STEP, LIMIT * 3 // 2 + STEP, STEP):
        held.append(one())
        # Whoever samples gets a chance to see it, well before the end.
        time.sleep(0.002)
    time.sleep(0.5)
    print("escaped: took %d bytes, %d are allowed" % (taken, LIMIT), flush=True)
def touch(memory):
    for place in range(0, STEP, 4096):
        memory[place] = 1
    return memory
def write_file(path):
    with open(path, "ab", 0) as file:
        file.write(bytes(STEP))
"""
_REFUSED: Final = ends("oom", "failed", "succeeded")


def _case(name: str, claim: str, program: str, *statuses: str) -> Case:
    return Case(name, claim, _FILL + program, ends(*statuses) if statuses else _REFUSED)


MEMORY: Final = (
    _case("private-memory", "can't take more memory than it may, and is reported as oom",
          "fill(lambda: bytearray(os.urandom(4096)) * (STEP // 4096))\n", "oom"),
    _case("shared-memory", "can't take more by sharing it, which no limit of a process sees", """
fill(lambda: touch(mmap.mmap(-1, STEP, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)))
""", "oom"),
    _case("memory-files", "can't take more in files that have no name", """
def one():
    handle = os.memfd_create("x")
    os.write(handle, bytes(STEP))
    return handle
try:
    fill(one)
except OSError as error:
    print("contained:", error, flush=True)
"""),
    _case("dev-shm", "can't take more in /dev/shm", """
try:
    fill(lambda: write_file("/dev/shm/x"))
except OSError as error:
    print("contained:", error, flush=True)
"""),
    _case("many-children", "can't take more with many processes of which each takes little", """
for number in range(12):
    if os.fork() == 0:
        held = [touch(bytearray(STEP)) for _ in range(LIMIT // 8 // STEP)]
        time.sleep(5)
        os._exit(0)
try:
    for number in range(12):
        os.wait()
except OSError:
    pass
print("escaped: twelve children took an eighth each", flush=True)
""", "oom"),
    _case("system-v-memory", "can't take more in System V segments, which outlive processes", """
def one():
    segment = call("shmget", 0, STEP, 0o1600)
    address = call("shmat", segment, 0, 0)
    import ctypes
    ctypes.memset(address, 1, STEP)
try:
    fill(one)
except OSError as error:
    print("contained:", error, flush=True)
"""),
    _case("pipe-buffers", "can't take more in the kernel's buffers of pipes", """
import fcntl
total = 0
try:
    while total < LIMIT * 3 // 2:
        source, sink = os.pipe()
        held.append(source)
        size = fcntl.fcntl(sink, 1031, MIB)
        os.set_blocking(sink, False)
        total += os.write(sink, bytes(size))
except OSError as error:
    print("contained: %d bytes, then" % total, error, flush=True)
else:
    print("escaped: took %d bytes, %d are allowed" % (total, LIMIT), flush=True)
"""),
    _case("locked-memory", "can't pin memory", """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
memory = mmap.mmap(-1, 16 * MIB)
address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
check("mlock", libc.mlock(ctypes.c_void_p(address), ctypes.c_size_t(16 * MIB)) == -1)
check("mlockall", libc.mlockall(3) == -1)
report()
"""),
    _case("child-runs-out", "gets no more through a child than it may have itself", """
child = os.fork()
if child == 0:
    fill(lambda: touch(bytearray(STEP)))
    os._exit(0)
os.waitpid(child, 0)
print("contained: the child is gone", flush=True)
""", "oom", "succeeded"),
    _case("stack", "can't do more by recursion without end than crash", """
import threading
sys.setrecursionlimit(10 ** 9)
threading.stack_size(256 * MIB)
def deep(number):
    return deep(number + 1) + len(str(number))
def run():
    try:
        deep(0)
    except (MemoryError, RecursionError):
        pass
try:
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
except (RuntimeError, MemoryError):
    pass
print("contained: it came back", flush=True)
"""),
)  # fmt: skip
