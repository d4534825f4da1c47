"""Put on the limits inside a sandbox, then become the job.

A program, never imported: `python -I -S launch.py LIMITS_JSON MESSAGE_FD`. It runs before any
untrusted code, so what it sets is what the job has to live with. It says `ready` and waits for a
byte on stdin: a sandbox whose server died in between never starts its job, and one that waits
here is what a pool of warm sandboxes will hold.
"""

import contextlib
import json
import os
import resource
import sys

MESSAGES = 3
MAX_FDS = 256


def limit(values: dict[str, int]) -> None:
    """Set hard limits by the names of the `resource` module, without the prefix."""
    for name, value in values.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


def main() -> None:
    """Run /job/main.py."""
    os.dup2(int(sys.argv[2]), MESSAGES)
    os.closerange(MESSAGES + 1, MAX_FDS)
    # Should the host run out of memory, jobs go first; nor do they slow the server down.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123
        score.write("1000")
    os.nice(10)
    os.write(MESSAGES, b"ready\n")
    if not os.read(0, 1):
        os._exit(0)
    os.dup2(os.open("/dev/null", os.O_RDWR), 0)
    os.closerange(MESSAGES + 1, MAX_FDS)
    with open("/job/main.py", encoding="utf-8") as file:  # noqa: PTH123
        program = compile(file.read(), "/job/main.py", "exec")
    limit(json.loads(sys.argv[1]))
    sys.argv[:] = ["/job/main.py"]
    exec(program, {"__name__": "__main__", "__builtins__": __builtins__})  # noqa: S102


main()
