"""Networks and sockets."""

from typing import Final

from evalwright_server.attack.case import Case
from evalwright_server.attack.judging import says_contained

_CONNECT: Final = """
import socket
def connect(family, kind, address):
    with socket.socket(family, kind) as own:
        own.settimeout(2)
        own.connect(address)
        if kind == socket.SOCK_DGRAM:
            own.send(b"x")
"""

SOCKETS: Final = (
    Case(
        "loopback",
        "reaches no service on the host's loopback, by TCP, UDP or IPv6",
        _CONNECT
        + """
for name, family, kind, host in (
    ("tcp", socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1"),
    ("tcp6", socket.AF_INET6, socket.SOCK_STREAM, "::1")):
    if name in CANARIES:
        attempt(name, connect, family, kind, (host, CANARIES[name]))
# To a closed port of its own loopback a datagram may go; the canary says if it came through.
try:
    connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", CANARIES["udp"]))
except OSError:
    pass
report()
""",
        says_contained,
    ),
    Case(
        "host-addresses",
        "reaches the server at none of the addresses it is known by",
        _CONNECT
        + """
for host, port in CANARIES.get("servers", ()):
    attempt(host, connect, socket.AF_INET, socket.SOCK_STREAM, (host, port))
for host in ("172.17.0.1", "10.0.2.2", "192.168.65.2"):
    attempt(host, connect, socket.AF_INET, socket.SOCK_STREAM, (host, 80))
report()
""",
        says_contained,
    ),
    Case(
        "internet",
        "has no way to the internet, to name servers or to the cloud's metadata",
        _CONNECT
        + """
# Documentation addresses, which nobody has; a UDP connect sends nothing.
for host in ("192.0.2.1", "198.51.100.1", "203.0.113.1"):
    attempt(host, connect, socket.AF_INET, socket.SOCK_STREAM, (host, 443))
def route(family, host):
    with socket.socket(family, socket.SOCK_DGRAM) as own:
        own.connect((host, 53))
for host in ("8.8.8.8", "1.1.1.1", "169.254.169.254", "224.0.0.1", "255.255.255.255"):
    attempt("route to " + host, route, socket.AF_INET, host)
for host in ("2001:db8::1", "fe80::1", "ff02::1"):
    attempt("route to " + host, route, socket.AF_INET6, host)
attempt("a name", socket.getaddrinfo, "example.invalid", 80)
report()
""",
        says_contained,
    ),
    Case(
        "unix-sockets",
        "reaches no socket of the host, by path or by abstract name",
        _CONNECT
        + """
for path in (CANARIES["unix"], chr(0) + CANARIES["abstract"], "/run/dbus/system_bus_socket",
             "/var/run/docker.sock", "/run/systemd/private", "/run/systemd/journal/socket",
             "/run/containerd/containerd.sock", "/tmp/.X11-unix/X0", chr(0) + "/tmp/.X11-unix/X0"):
    attempt(repr(path), connect, socket.AF_UNIX, socket.SOCK_STREAM, path)
report()
""",
        says_contained,
    ),
    Case(
        "socket-families",
        "makes no sockets but local and internet ones: no netlink, no packets, no vsock",
        """
import socket
for name, number in (("netlink", 16), ("packet", 17), ("vsock", 40), ("alg", 38),
                     ("bluetooth", 31), ("can", 29), ("key", 15), ("tipc", 30), ("rds", 21),
                     ("x25", 9), ("appletalk", 5), ("nfc", 39), ("xdp", 44), ("smc", 43),
                     ("qipcrtr", 42), ("kcm", 41), ("ieee802154", 36), ("pppox", 24)):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        attempt(name, socket.socket, number, kind)
attempt("raw", socket.socket, socket.AF_INET, socket.SOCK_RAW, 1)
attempt("raw 6", socket.socket, socket.AF_INET6, socket.SOCK_RAW, 58)
report()
""",
        says_contained,
    ),
    Case(
        "interfaces",
        "has no network interface but a loopback of its own, and sees no connection of the host",
        """
names = [line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]]
check(str(names), names in ([], ["lo"]))
for table in ("tcp", "udp", "tcp6"):
    port = ":%04X" % CANARIES.get(table, 0)
    path = "/proc/net/" + table
    check(table, port == ":0000" or not os.path.exists(path) or port not in open(path).read())
if os.path.exists("/proc/net/unix"):
    check("unix", "canary" not in open("/proc/net/unix").read())
check("routes", len(open("/proc/net/route").readlines()) <= 1)
report()
""",
        says_contained,
    ),
    Case(
        "open-descriptors",
        "is handed no socket and no directory by whoever started it",
        """
import stat
for number in map(int, os.listdir("/proc/self/fd")):
    try:
        mode = os.fstat(number).st_mode
    except OSError:
        continue
    name = "%d is %s" % (number, os.readlink("/proc/self/fd/%d" % number))
    check(name, not stat.S_ISSOCK(mode) and not stat.S_ISDIR(mode) and not stat.S_ISBLK(mode))
    check(name, number <= 3 or stat.S_ISFIFO(mode) is False)
report()
""",
        says_contained,
    ),
    Case(
        "privileged-options",
        "can't turn on what needs rights over the network",
        """
import socket
own = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
attempt("binding to a device", own.setsockopt, socket.SOL_SOCKET, 25, b"eth0" + bytes(12))
attempt("transparent proxy", own.setsockopt, socket.IPPROTO_IP, 19, 1)
attempt("mark", own.setsockopt, socket.SOL_SOCKET, 36, 1)
attempt("forced buffer", own.setsockopt, socket.SOL_SOCKET, 33, 1 << 30)
attempt("iptables", own.getsockopt, socket.IPPROTO_IP, 64, 84)
report()
""",
        says_contained,
    ),
)
