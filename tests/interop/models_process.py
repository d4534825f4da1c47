"""A provider of models in a process of its own: `python -m interop.models_process`.

Runs in the server's environment, which has what it needs. A prompt `qN` is answered `aN`; a judge
finds an answer right if its number is that of the question. Prints its address, and ends when its
standard input does.
"""

import re
import sys

from scripted_models import Answer, Question, judgement, scripted_models

_ASKED = re.compile(r"\bq(\d+)")
_JUDGED = re.compile(r"Question: q(\d+) Answer: (\w+)")


def speak(question: Question) -> Answer | str:
    """Judge if asked to, and answer otherwise."""
    if (judged := _JUDGED.search(question.prompt)) is not None:
        is_right = judged[2] == f"a{judged[1]}"
        return judgement("right" if is_right else "wrong", "numbers were compared")
    asked = _ASKED.search(question.prompt)
    return f"a{asked[1]}" if asked else "what?"


if __name__ == "__main__":
    with scripted_models() as models:
        models.script = speak
        print(models.url, flush=True)
        sys.stdin.read()
