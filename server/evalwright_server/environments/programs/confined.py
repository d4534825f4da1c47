"""Set up an installer's sandbox from inside, then become the installer.

A program, never imported: `python -I -S confined.py CONTROL_FD PORT LIMITS COMMAND...`. It makes
the socket that the way out goes through, as that has to be made in this network namespace, hands
it to the server, and waits for the word to go: a sandbox whose server died in between never starts.
"""

import os
import resource
import socket
import sys


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
    if not control.recv(1):
        sys.exit(1)
    control.close()
    with open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123
        score.write("1000")
    os.nice(10)
    limit(sys.argv[3])
    os.execv(sys.argv[4], sys.argv[4:])  # noqa: S606


main()
