"""Numbers of the system calls that a job may not make.

A job is a Python program with files, threads, processes and sockets of its own; what is listed
here it has no use for. Each of these is either a way to reach other processes or kernel state, a
part of the kernel with a record of holes, or memory that no limit of the sandbox would see.
"""

from typing import Final

NUMBERS: Final[dict[str, dict[str, int]]] = {
    "x86_64": {
        # other processes
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312,
        "pidfd_getfd": 438, "process_madvise": 440,
        # back to all processors
        "sched_setaffinity": 203,
        # name spaces and mounts
        "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272,
        "setns": 308, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431,
        "fsmount": 432, "fspick": 433, "mount_setattr": 442, "name_to_handle_at": 303,
        "open_by_handle_at": 304,
        # wide interfaces to the kernel
        "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425,
        "io_uring_enter": 426, "io_uring_register": 427, "io_setup": 206, "io_submit": 209,
        "vmsplice": 278, "fanotify_init": 300, "add_key": 248, "request_key": 249,
        "keyctl": 250, "personality": 135, "modify_ldt": 154, "ioperm": 173, "iopl": 172,
        # the machine
        "kexec_load": 246, "kexec_file_load": 320, "init_module": 175, "finit_module": 313,
        "delete_module": 176, "reboot": 169, "swapon": 167, "swapoff": 168, "acct": 163,
        "quotactl": 179, "quotactl_fd": 443, "syslog": 103, "settimeofday": 164,
        "clock_settime": 227, "clock_adjtime": 305, "adjtimex": 159, "sethostname": 170,
        "setdomainname": 171, "vhangup": 153,
        # memory outside of any process
        "memfd_create": 319, "memfd_secret": 447, "shmget": 29, "msgget": 68, "semget": 64,
        "mq_open": 240,
    },
    "aarch64": {
        "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272,
        "pidfd_getfd": 438, "process_madvise": 440, "sched_setaffinity": 122,
        "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97,
        "setns": 268, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431,
        "fsmount": 432, "fspick": 433, "mount_setattr": 442, "name_to_handle_at": 264,
        "open_by_handle_at": 265,
        "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425,
        "io_uring_enter": 426, "io_uring_register": 427, "io_setup": 0, "io_submit": 2,
        "vmsplice": 75, "fanotify_init": 262, "add_key": 217, "request_key": 218,
        "keyctl": 219, "personality": 92,
        "kexec_load": 104, "kexec_file_load": 294, "init_module": 105, "finit_module": 273,
        "delete_module": 106, "reboot": 142, "swapon": 224, "swapoff": 225, "acct": 89,
        "quotactl": 60, "quotactl_fd": 443, "syslog": 116, "settimeofday": 170,
        "clock_settime": 112, "clock_adjtime": 266, "adjtimex": 171, "sethostname": 161,
        "setdomainname": 162, "vhangup": 58,
        "memfd_create": 279, "memfd_secret": 447, "shmget": 194, "msgget": 186, "semget": 190,
        "mq_open": 180,
    },
}  # fmt: skip
"""By machine, as `platform.machine()` names it, and by name."""

ARGUMENT_CHECKED: Final = {
    "x86_64": {"clone": 56, "clone3": 435, "socket": 41, "ioctl": 16},
    "aarch64": {"clone": 220, "clone3": 435, "socket": 198, "ioctl": 29},
}
"""Calls that depend on their arguments."""

LAST_REVIEWED: Final = 450
"""What came to the kernel after this number does not exist for a job; numbers above 423 are the
same on all machines."""
