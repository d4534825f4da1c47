"""Files of the host, and places that should not be writable."""

from typing import Final

from evalwright_server.attack.case import Case
from evalwright_server.attack.judging import says_contained

FILES: Final = (
    Case(
        "host-file",
        "reads no file of the host, not even one that everybody may read",
        """
attempt("canary", reading, CANARIES["file"])
attempt("its folder", os.listdir, CANARIES["folder"])
attempt("shared memory", reading, CANARIES["shared_file"])
report()
""",
        says_contained,
    ),
    Case(
        "host-file-to-write",
        "opens no file of the host for writing, not even one that everybody may write",
        """
for path in (CANARIES["file"], CANARIES["shared_file"], "/etc/hosts", "/etc/crontab",
             "/root/.ssh/authorized_keys", "/etc/ld.so.preload", "/etc/passwd"):
    attempt(path, open_to_write, path)
report()
""",
        says_contained,
    ),
    Case(
        "accounts-and-keys",
        "sees neither accounts nor keys nor logs nor the Docker socket of the host",
        """
for path in ("/etc/shadow", "/etc/sudoers", "/etc/ssh", "/etc/machine-id", "/root/.ssh",
             "/root/.bashrc", "/home/ubuntu", "/var/log", "/var/lib", "/var/run/docker.sock",
             "/run/systemd", "/run/secrets", "/boot", "/srv", "/opt", "/mnt", "/media",
             "/var/run/secrets/kubernetes.io"):
    attempt(path, os.stat, path)
for path in ("/etc/passwd", "/etc/group"):
    text = open(path).read() if os.path.exists(path) else ""
    check(path, not any(word in text for word in ("daemon", "www-data", "/root")))
report()
""",
        says_contained,
    ),
    Case(
        "through-proc",
        "finds no way to the host through /proc: roots, working directories, descriptors, maps",
        """
path = CANARIES["file"]
for pid in [name for name in os.listdir("/proc") if name.isdigit()] + ["self", "thread-self"]:
    for door in ("root", "cwd", "root/proc/1/root"):
        attempt(pid + "/" + door, reading, "/proc/" + pid + "/" + door + path)
        attempt(pid + "/" + door + "/..", reading,
                "/proc/" + pid + "/" + door + "/.." * 9 + path)
    try:
        numbers = os.listdir("/proc/" + pid + "/fd")
    except OSError:
        continue
    for number in numbers:
        attempt(pid + " fd " + number, reading, "/proc/" + pid + "/fd/" + number + path)
        attempt(pid + " fd " + number, reading,
                "/proc/" + pid + "/fd/" + number + "/.." * 9 + path)
report()
""",
        says_contained,
    ),
    Case(
        "above-the-root",
        "finds nothing above the root directory",
        """
path = CANARIES["file"]
attempt("dots", reading, "/.." * 40 + path)
root = os.open("/", os.O_RDONLY)
attempt("dots from a descriptor", lambda: os.open("../" * 40 + path[1:], os.O_RDONLY, dir_fd=root))
os.chdir("/proc/self")
attempt("dots from /proc", reading, "../" * 40 + path[1:])
check("the root is its own parent", os.stat("/").st_ino == os.stat("/..").st_ino)
report()
""",
        says_contained,
    ),
    Case(
        "devices",
        "opens no device of the machine, and makes none",
        """
import stat
HARMLESS = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "console", "pts"}
for place, folders, names in os.walk("/dev"):
    for name in names:
        status = os.lstat(os.path.join(place, name))
        if stat.S_ISBLK(status.st_mode) or stat.S_ISCHR(status.st_mode):
            check(name, name in HARMLESS or place == "/dev/pts")
for name in ("mem", "kmem", "port", "kmsg", "kvm", "fuse", "net/tun", "sda", "vda", "nvme0n1",
             "loop-control", "loop0", "mapper/control", "dri/card0", "vhost-net", "uinput"):
    attempt(name, os.open, "/dev/" + name, os.O_RDONLY)
for name, kind, device in (("block", stat.S_IFBLK, (8, 0)), ("memory", stat.S_IFCHR, (1, 1))):
    attempt("making a " + name + " device",
            os.mknod, "/tmp/" + name, kind | 0o600, os.makedev(*device))
report()
""",
        says_contained,
    ),
    Case(
        "writable-places",
        "can write to /tmp, /output and /dev/shm, and to nothing else",
        """
MINE = ("/tmp", "/output", "/dev/shm", "/dev/mqueue")
def make(place):
    # Only in the root of the sandbox's own, never in a canary's folder.
    os.close(os.open(place + "/file", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
for line in open("/proc/self/mountinfo"):
    mounted = line.split()[4]
    if os.statvfs(mounted).f_flag & os.ST_RDONLY or mounted.startswith(MINE + ("/proc",)):
        continue
    for place, _, _ in os.walk(mounted):
        if not place.startswith(MINE + ("/proc",)):
            attempt("making a file in " + place, make, place)
for place in MINE[:3]:
    check(place, os.access(place, os.W_OK))
for place in ("/", "/dev", "/etc", "/usr", "/run", "/input", "/code", "/app", "/home/sandbox"):
    attempt("making a file in " + place, make, place)
report()
""",
        says_contained,
    ),
    Case(
        "kernel-settings",
        "opens no setting of the kernel for writing, but for those of its own namespaces",
        """
for path in ("kernel/core_pattern", "kernel/modprobe", "kernel/hotplug",
             "kernel/randomize_va_space", "kernel/yama/ptrace_scope", "kernel/sysrq",
             "vm/overcommit_memory", "vm/drop_caches", "net/ipv4/ip_forward", "fs/file-max",
             "fs/binfmt_misc/register", "user/max_user_namespaces"):
    attempt(path, open_to_write, "/proc/sys/" + path)
if os.path.exists("/proc/sysrq-trigger"):
    null = os.stat("/dev/null").st_rdev
    if os.stat("/proc/sysrq-trigger").st_rdev != null:
        attempt("sysrq-trigger", open_to_write, "/proc/sysrq-trigger")
report()
""",
        says_contained,
    ),
    Case(
        "sysfs-and-cgroups",
        "opens nothing of /sys, of control groups or of kernel debugging for writing",
        """
for path in ("/sys/kernel/uevent_helper", "/sys/power/state", "/sys/kernel/debug",
             "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/release_agent",
             "/sys/fs/cgroup/memory/release_agent", "/sys/module", "/sys/firmware/efi",
             "/sys/kernel/security", "/sys/fs/bpf"):
    attempt(path, os.open, path, os.O_RDONLY if os.path.isdir(path) else os.O_WRONLY)
for line in open("/proc/self/mountinfo"):
    words = line.split()
    kind = words[words.index("-") + 1]
    check(kind, kind not in ("cgroup", "cgroup2", "sysfs", "debugfs", "tracefs", "securityfs",
                             "bpf", "configfs", "fusectl", "nfs", "9p", "virtiofs"))
report()
""",
        says_contained,
    ),
    Case(
        "kernel-memory-files",
        "reads nothing of the kernel's memory, symbols, keys or log",
        """
for name in ("kcore", "kmsg", "kallsyms", "keys", "key-users", "timer_list", "sched_debug",
             "latency_stats", "vmallocinfo", "slabinfo", "kpagecount", "kpageflags", "config.gz"):
    try:
        with open("/proc/" + name, "rb") as file:
            found = file.read(64)
    except OSError as error:
        refusals.append(name + " " + errno.errorcode.get(error.errno, "?"))
    else:
        check(name + " " + repr(found[:20]), found == b"")
report()
""",
        says_contained,
    ),
    Case(
        "own-program-and-input",
        "can't change its own program or its input, nor replace, move or remove them",
        """
for path in ("/code/main.py", "/input/data.json"):
    attempt(path, open_to_write, path)
    attempt("removing " + path, os.unlink, path)
    attempt("moving " + path, os.rename, path, "/tmp/moved")
    attempt("changing the mode of " + path, os.chmod, path, 0o777)
    attempt("replacing " + path, os.symlink, "/tmp/other", path)
for path in ("/code", "/input", "/app", "/home/sandbox"):
    attempt("writing to " + path, os.open, path + "/file", os.O_CREAT | os.O_WRONLY)
report()
""",
        says_contained,
    ),
    Case(
        "server-code",
        "finds neither the server's code nor its database nor its installed packages",
        """
import importlib.util
for name in ("evalwright_server", "evalwright", "evalwright_api", "sqlalchemy", "starlette"):
    check(name, importlib.util.find_spec(name) is None)
for path in ("/root/.local/share/evalwright", "/var/lib/evalwright", "/root/.config",
             "/root/.cache", "/root/.aws", "/root/.kube", "/root/.docker"):
    attempt(path, os.listdir, path)
report()
""",
        says_contained,
    ),
    Case(
        "environment",
        "inherits no variable of the server, nor reads those of any other process",
        """
for name in os.environ:
    word = name.upper()
    check(name, not any(part in word for part in ("KEY", "SECRET", "TOKEN", "PASSW", "CREDENTIAL",
                                                  "EVALWRIGHT", "DATABASE", "AWS_", "SSH_")))
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        text = open("/proc/" + pid + "/environ", "rb").read()
    except OSError:
        continue
    check("environ of " + pid, b"CANARY" not in text and b"EVALWRIGHT" not in text)
report()
""",
        says_contained,
    ),
    Case(
        "foreign-owners",
        "owns nothing outside of its folders, and can give nothing away",
        """
open("/tmp/own", "w").close()
attempt("giving to root", os.chown, "/tmp/own", 0, 0)
attempt("giving to somebody", os.chown, "/tmp/own", 12345, 12345)
attempt("taking /usr", os.chmod, "/usr", 0o755)
attempt("taking the interpreter", os.chmod, os.path.realpath(sys.executable), 0o755)
report()
""",
        says_contained,
    ),
)
