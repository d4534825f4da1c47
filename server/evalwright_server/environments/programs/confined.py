"""Set up an installer's sandbox from inside, then become the installer.

A program, never imported: `python -I -S confined.py CONTROL_FD PORT LIMITS COMMAND...`. It makes
the socket that the way out goes through, as that has to be made in this network namespace, hands
it to the server, and waits for the variables of the command as a JSON object: a sandbox whose
server died in between never starts, and passwords among them are in nobody's arguments.
"""

import json
import os
import resource
import socket
import sys

MAX_PACKET = 1 << 17


def limit(values: str) -> None:
    """Set hard limits, such as `NOFILE=256,CORE=0`."""
    for pair in values.split(","):
        name, _, value = pair.partition("=")
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (int(value), int(value)))


def main() -> None:
    """Hand the socket over and run the command."""
    control = socket.socket(fileno=int(sys.argv[1]))
    listener = socket.create_server(("127.0.0.1", int(sys.argv[2])), backlog=128)
    socket.send_fds(control, [b"ready"], [listener.fileno()])
    listener.close()
    packet = control.recv(MAX_PACKET)
    if not packet:
        sys.exit(1)
    control.close()
    os.environ.update(json.loads(packet))
    with open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123
        score.write("1000")
    os.nice(10)
    limit(sys.argv[3])
    os.execv(sys.argv[4], sys.argv[4:])  # noqa: S606


main()
