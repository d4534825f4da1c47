"""New namespaces, mounts, and the identity of those the job is in."""

from typing import Final

from evalwright_server.attack.case import Case
from evalwright_server.attack.judging import says_contained

NAMESPACES: Final = (
    Case(
        "own-namespaces",
        "shares no namespace with the host",
        """
own = {name: os.readlink("/proc/self/ns/" + name) for name in CANARIES["namespaces"]}
for name, host in CANARIES["namespaces"].items():
    check(name + " " + own[name], own[name] != host)
report()
""",
        says_contained,
    ),
    Case(
        "new-user-namespace",
        "can make no user namespace, where holes of the kernel are found",
        """
denied("unshare", 0x10000000)
denied("clone", 0x10000000 | 17, 0, 0, 0, 0)
denied("clone3", 0, 0)
attempt("mapping itself to root", open_to_write, "/proc/self/setgroups")
report()
""",
        says_contained,
    ),
    Case(
        "new-namespaces",
        "can make no namespace of any other kind",
        """
KINDS = {"mount": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000,
         "pid": 0x20000000, "network": 0x40000000}
for name, flag in KINDS.items():
    denied("unshare", flag)
    denied("clone", flag | 17, 0, 0, 0, 0)
denied("unshare", 0x80)
report()
""",
        says_contained,
    ),
    Case(
        "join-namespaces",
        "can join no other namespace, by file or by process",
        """
for pid in ("1", str(os.getppid()), "self"):
    for name in ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup"):
        try:
            handle = os.open("/proc/" + pid + "/ns/" + name, os.O_RDONLY)
        except OSError as error:
            refusals.append(pid + " " + name)
        else:
            denied("setns", handle, 0)
            os.close(handle)
report()
""",
        says_contained,
    ),
    Case(
        "mount",
        "can mount, bind, move and unmount nothing, and change no root",
        """
denied("mount", b"none", b"/tmp", b"tmpfs", 0, 0)
denied("mount", b"proc", b"/tmp", b"proc", 0, 0)
denied("mount", b"/", b"/tmp", 0, 4096, 0)
denied("mount", b"none", b"/", 0, 32 | 4096, 0)
denied("mount", b"none", b"/proc", 0, 1 << 18, 0)
denied("umount2", b"/proc/kcore", 2)
denied("umount2", b"/dev/shm", 2)
denied("pivot_root", b"/tmp", b"/tmp")
denied("chroot", b"/tmp")
report()
""",
        says_contained,
    ),
    Case(
        "new-mount-interface",
        "can't use the newer calls for mounts either",
        """
denied("fsopen", b"tmpfs", 0)
denied("fspick", -100, b"/", 0)
denied("fsconfig", -1, 0, 0, 0, 0)
denied("fsmount", -1, 0, 0)
denied("open_tree", -100, b"/", 1)
denied("move_mount", -100, b"/tmp", -100, b"/output", 0)
denied("mount_setattr", -100, b"/", 0, 0, 0)
report()
""",
        says_contained,
    ),
    Case(
        "host-name",
        "neither learns nor changes the host's name",
        """
name = os.uname().nodename
check("named " + name, name != CANARIES["hostname"])
# A length that no name has: refused even where the call is allowed.
denied("sethostname", 0, -1)
denied("setdomainname", 0, -1)
report()
""",
        says_contained,
    ),
    Case(
        "file-handles",
        "can't open files past all names by handle, as was done to containers before",
        """
import ctypes
handle = ctypes.create_string_buffer(136)
ctypes.memmove(handle, (8).to_bytes(4, "little") + (1).to_bytes(4, "little")
               + (2).to_bytes(8, "little"), 16)
denied("name_to_handle_at", -100, b"/", ctypes.addressof(handle), 0, 0)
root = os.open("/", os.O_RDONLY)
denied("open_by_handle_at", root, ctypes.addressof(handle), 0)
report()
""",
        says_contained,
    ),
    Case(
        "mount-table",
        "sees no path of the host in its table of mounts beyond what it is shown",
        """
import stat
for line in open("/proc/self/mountinfo"):
    words = line.split()
    options = words[5].split(",")
    kind = words[words.index("-") + 1]
    check(words[4] + " " + words[5], "nosuid" in options or words[4] == "/proc")
    is_device = stat.S_ISCHR(os.stat(words[4]).st_mode)
    if kind not in ("tmpfs", "proc", "devpts", "mqueue") and not is_device:
        check(words[4] + " is read-only", "ro" in options)
    check(words[4], CANARIES["folder"] not in line)
report()
""",
        says_contained,
    ),
)
