"""What must hold: judges for cases to choose from, and what is checked after every case."""

from collections.abc import Container
from typing import Final

from evalwright_server.attack.case import Case, Judge, Outcome, Trial, Verdict, Word

MOST_EVIDENCE: Final = 300
SLACK_SECONDS: Final = 12.0
"""How long after its time limit a job may end: ten seconds between SIGTERM and SIGKILL, and two
for a busy machine."""
LONGEST_TIMEOUT: Final = 2
STATUSES: Final = frozenset({"succeeded", "failed", "timeout", "oom", "cancelled"})
ARTIFACT_NAME_BYTES: Final = 255


def judge(case: Case, trial: Trial) -> Verdict:
    """Judge a case by its own rule and by those that hold for all."""
    for rule in (_canaries, _books, _streams, _artifacts, _secrets):
        verdict = rule(trial)
        if verdict is not None:
            return verdict
    return case.judge(trial)


def contained(evidence: str) -> Verdict:
    """Say that what must hold, holds."""
    return Verdict(Word.CONTAINED, shorten(evidence))


def escaped(evidence: str) -> Verdict:
    """Say that something got out."""
    return Verdict(Word.ESCAPED, shorten(evidence))


def broken(evidence: str) -> Verdict:
    """Say that nothing is proved."""
    return Verdict(Word.BROKEN, shorten(evidence))


def shorten(text: str) -> str:
    """Make one short, printable line of a text."""
    line = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    return line if len(line) <= MOST_EVIDENCE else f"{line[: MOST_EVIDENCE - 1]}…"


def describe(outcome: Outcome) -> str:
    """Say how a job ended, in a few words."""
    said = (outcome.stderr or outcome.stdout)[-160:]
    return f"{outcome.status}, exit code {outcome.exit_code}, after {outcome.seconds:.2f} s: {said}"


def says_contained(trial: Trial) -> Verdict:
    """Believe the program, which must have ended well."""
    outcome = trial.outcome
    last = (outcome.stdout.rstrip().splitlines() or [""])[-1]
    word, _, evidence = last.partition(": ")
    if word == "escaped":
        return escaped(evidence)
    if outcome.status != "succeeded":
        return broken(f"the program did not end well: {describe(outcome)}")
    if word == "contained":
        return contained(evidence)
    if word == "not applicable":
        return Verdict(Word.SKIPPED, shorten(evidence))
    return broken(f"the program said nothing of its findings: {describe(outcome)}")


def ends(*statuses: str, exit_code: int | None = None) -> Judge:
    """Make a judge that wants a certain end, whatever the program said, unless it got out.

    Args:
        statuses: The statuses that are right.
        exit_code: The right exit code; None for any.
    """

    def decide(trial: Trial) -> Verdict:
        outcome = trial.outcome
        if "escaped:" in outcome.stdout:
            return escaped(outcome.stdout[outcome.stdout.index("escaped:") + 8 :])
        if outcome.status not in statuses:
            return escaped(f"expected {' or '.join(statuses)}: {describe(outcome)}")
        if exit_code is not None and outcome.exit_code != exit_code:
            return escaped(f"expected exit code {exit_code}: {describe(outcome)}")
        return contained(describe(outcome))

    return decide


def runs_out_of_time(trial: Trial) -> Verdict:
    """Want the job to be ended by its time limit, of a second or two."""
    if trial.outcome.seconds > LONGEST_TIMEOUT + SLACK_SECONDS:
        return escaped(f"ran on after its time: {describe(trial.outcome)}")
    return ends("timeout")(trial)


def counts_up_to(limit: str, judge_end: Judge | None = None) -> Judge:
    """Make a judge of programs that print `count N`, which must not pass a limit.

    Args:
        limit: The name of the limit among those in the setting.
        judge_end: How it may end; None for well.
    """

    def decide(trial: Trial) -> Verdict:
        bound = getattr(trial.setting.bounds, limit)
        counts = [
            int(line.split()[1])
            for line in trial.outcome.stdout.splitlines()
            if line.startswith("count ")
        ]
        if not counts or counts[-1] == 0:
            return broken(f"nothing was counted: {describe(trial.outcome)}")
        if counts[-1] > bound:
            return escaped(f"got {counts[-1]} with {limit} at {bound}")
        ending = (judge_end or ends("succeeded"))(trial)
        return contained(f"{counts[-1]} of {bound}") if ending.is_good else ending

    return decide


def keeps(*names: str, without: Container[str] = (), statuses: str = "succeeded") -> Judge:
    """Make a judge of what was collected.

    Args:
        names: Files that must be there.
        without: Files that must not.
        statuses: The right end.
    """

    def decide(trial: Trial) -> Verdict:
        found = trial.outcome.artifacts
        wrong = [name for name in found if name in without]
        if wrong:
            return escaped(f"collected {wrong}")
        missing = [name for name in names if name not in found]
        ending = ends(statuses)(trial)
        if missing and ending.is_good:
            return broken(f"lost {missing}; there are {list(found)[:9]}")
        return contained(f"{len(found)} files: {list(found)[:6]}") if ending.is_good else ending

    return decide


def _canaries(trial: Trial) -> Verdict | None:
    sightings = trial.sightings
    if sightings.touched:
        return escaped(f"canaries: {'; '.join(sightings.touched)}")
    if sightings.processes:
        return escaped(f"processes {sightings.processes} outlived their job")
    return None


def _books(trial: Trial) -> Verdict | None:
    """Check that the record agrees with itself."""
    outcome = trial.outcome
    if outcome.troubles:
        return broken("; ".join(outcome.troubles))
    if outcome.status not in STATUSES:
        return broken(f"the job did not end: {describe(outcome)}")
    if (outcome.status == "succeeded") != (outcome.exit_code == 0 and outcome.error_type is None):
        return broken(f"status and error {outcome.error_type} disagree: {describe(outcome)}")
    return None


def _streams(trial: Trial) -> Verdict | None:
    bound = trial.setting.bounds.stream_bytes
    for name in ("stdout", "stderr"):
        # What is no UTF-8 is replaced by a character of three bytes.
        size = len(getattr(trial.outcome, name))
        if size > bound:
            return escaped(f"{size} characters of {name} were kept, at most {bound} should be")
    return None


def _artifacts(trial: Trial) -> Verdict | None:
    """Check what was collected against the rules for all files."""
    bounds, found = trial.setting.bounds, trial.outcome.artifacts
    strange = [name for name in found if not is_plain(name)]
    if strange:
        return escaped(f"collected files named {strange[:5]}")
    large = {name: each.size for name, each in found.items() if each.size > bounds.artifact_bytes}
    if large:
        return escaped(f"collected files larger than {bounds.artifact_bytes}: {large}")
    total = sum(each.size for each in found.values())
    if len(found) > bounds.artifacts or total > bounds.artifacts_bytes:
        return escaped(f"collected {len(found)} files of {total} bytes")
    return None


def is_plain(name: str) -> bool:
    """Tell whether a file of this name may be collected."""
    return (
        0 < len(name.encode(errors="surrogateescape")) <= ARTIFACT_NAME_BYTES
        and not name.startswith(".")
        and "/" not in name
        and "\\" not in name
        and not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in name)
    )


def _secrets(trial: Trial) -> Verdict | None:
    """Look for what only the host knows."""
    secret, outcome = trial.setting.secret, trial.outcome
    if not secret:
        return None
    places = {"stdout": outcome.stdout, "stderr": outcome.stderr, "output": str(outcome.output)}
    found = [name for name, text in places.items() if secret in text]
    found += [name for name, each in outcome.artifacts.items() if secret.encode() in each.content]
    return escaped(f"the secret of the host is in {found}") if found else None
