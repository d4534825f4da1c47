"""`result.json` as hostile input to whoever reads it."""

from typing import Final

from evalwright_server.attack.case import Case, Judge, Trial, Verdict
from evalwright_server.attack.judging import contained, ends, escaped

_WRITE: Final = """
def leave(content):
    with open("/output/result.json", "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
"""


def _is_none(trial: Trial) -> Verdict:
    ending = ends("succeeded")(trial)
    if ending.is_good and trial.outcome.output is not None:
        return escaped(f"output is {str(trial.outcome.output)[:100]}")
    return contained("no output, and the job succeeded") if ending.is_good else ending


def _is_one_of(*values: object) -> Judge:
    def decide(trial: Trial) -> Verdict:
        ending = ends("succeeded")(trial)
        if ending.is_good and trial.outcome.output not in values:
            return escaped(f"output is {str(trial.outcome.output)[:100]}")
        return contained(f"output {str(trial.outcome.output)[:60]}") if ending.is_good else ending

    return decide


def _refused(name: str, what: str, content: str) -> Case:
    return Case(name, f"gets no output by {what}, and breaks no listing",
                f"{_WRITE}leave({content})\n", _is_none)  # fmt: skip


RESULTS: Final = (
    _refused("list", "a list", "'[1, 2, 3]'"),
    _refused("text", "a text", "'\"text\"'"),
    _refused("null", "null", "'null'"),
    _refused("not-a-number", "NaN and infinities", "'{\"a\": [NaN, Infinity, -Infinity]}'"),
    _refused("lone-surrogate", "half of a character", r"""'{"a": "\\ud800", "\\udfff": 1}'"""),
    _refused("long-integer", "an integer of 5000 digits", "'{\"a\": ' + '9' * 5000 + '}'"),
    _refused("far-float", "a number beyond all floats", "'{\"a\": 1e999}'"),
    _refused("brackets", "100,000 brackets", "'{\"a\": ' + '[' * 100_000 + ']' * 100_000 + '}'"),
    _refused("open-brackets", "100,000 brackets that never close", "'{\"a\": ' + '[' * 100_000"),
    _refused(
        "braces", "100,000 objects in each other", "'{\"a\":' * 100_000 + '1' + '}' * 100_000"
    ),
    Case(
        "90-megabytes",
        "gets no output by 90 MB of JSON, and costs the server no memory",
        _WRITE
        + """
with open("/output/result.json", "wb") as file:
    file.write(b'{"a": "')
    most = min(90 * MIB, SETTING["output_bytes"] - MIB, SETTING["file_bytes"] - MIB)
    for _ in range(most // MIB):
        file.write(b"x" * MIB)
    file.write(b'"}')
""",
        _is_none,
    ),
    _refused("no-utf-8", "bytes that are no text", r"b'{\"a\": \"\xff\xfe\xed\xa0\x80\"}'"),
    _refused("empty", "nothing", "''"),
    _refused("cut-off", "half of an object", '\'{"a": {"b": \''),
    _refused("many-values", "millions of small values", "'{\"a\": [' + '0,' * 2_600_000 + '0]}'"),
    Case(
        "zero-character",
        "breaks no database with characters that databases don't like",
        _WRITE + r"""leave('{"a": "\\u0000", "b\\u0000": "\\u0085\\u2028\\ufffe"}')""",
        _is_one_of(None, {"a": "\0", "b\0": "\x85\u2028\ufffe"}),
    ),
    Case(
        "same-keys",
        "can't say two things with one key",
        _WRITE + """leave('{"a": 1, "a": 2, "__proto__": {"x": 1}}')""",
        _is_one_of(None, {"a": 2, "__proto__": {"x": 1}}, {"a": 1, "__proto__": {"x": 1}}),
    ),
)
