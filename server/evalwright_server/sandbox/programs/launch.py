"""Put on the limits inside a sandbox, then become the job.

A program, never imported: `python -I -S launch.py LIMITS MESSAGE_FD`. It imports next to nothing,
as every sandbox waits for that. It runs before any untrusted code, so what it sets is what the job
has to live with. It says `ready` and waits for a byte on stdin: a sandbox whose server died in
between never starts its job, and one that waits here is what a pool of warm sandboxes will hold.
"""

import os
import resource
import sys

MESSAGES = 3
MAX_FDS = 256


def limit(values: str) -> None:
    """Set hard limits.

    Args:
        values: Such as `NOFILE=256,CORE=0`, by the names of the `resource` module.
    """
    for pair in values.split(","):
        name, _, value = pair.partition("=")
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (int(value), int(value)))


def prefer_others() -> None:
    """Let jobs be the first to go when the host's memory runs out, and the last to compute."""
    try:
        with open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123
            score.write("1000")
    except OSError:
        pass
    os.nice(10)


def main() -> None:
    """Run /job/main.py."""
    os.dup2(int(sys.argv[2]), MESSAGES)
    os.closerange(MESSAGES + 1, MAX_FDS)
    prefer_others()
    os.write(MESSAGES, b"ready\n")
    if not os.read(0, 1):
        os._exit(0)
    os.dup2(os.open("/dev/null", os.O_RDWR), 0)
    os.closerange(MESSAGES + 1, MAX_FDS)
    with open("/job/main.py", encoding="utf-8") as file:  # noqa: PTH123
        program = compile(file.read(), "/job/main.py", "exec")
    limit(sys.argv[1])
    sys.argv[:] = ["/job/main.py"]
    exec(program, {"__name__": "__main__", "__builtins__": __builtins__})  # noqa: S102


main()
