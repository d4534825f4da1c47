"""A provider of models in a process of its own: `python -m interop.models_process`.

Runs in the server's environment, which has what it needs. A prompt `qN` is answered `aN`; a judge
finds an answer right if its number is that of the question. Prints its address, and ends when its
standard input does.
"""

import re
import sys

from scripted_models import Answer, Question, judgement, scripted_models


def speak(question: Question) -> Answer | str:
    """Judge if asked to, and answer otherwise."""
    numbers = re.findall(r"\b[qa](\d+)\b", question.first_prompt + question.prompt)
    if "tools" in question.body:
        is_right = len(set(numbers)) == 1 and "wrong" not in question.prompt.split("Answer:")[-1]
        return judgement("right" if is_right else "wrong", "numbers were compared")
    return f"a{numbers[-1]}" if numbers else "what?"


if __name__ == "__main__":
    with scripted_models() as models:
        models.script = speak
        print(models.url, flush=True)
        sys.stdin.read()
