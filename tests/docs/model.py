"""The language model that the documentation's examples ask: it knows two capitals."""

import json

from scripted_models import Answer, Question, judgement

VARIABLE = "EVALWRIGHT_DOCS_MODEL_URL"
"""Where the examples find it."""

_CAPITALS = {"France": "Paris", "Kenya": "Nairobi"}


def say(question: Question) -> Answer | str:
    """Answer with a city, or judge whether a city is the right one by the labels offered."""
    prompts = " ".join(message["content"] or "" for message in question.body["messages"])
    country = next(name for name in _CAPITALS if name in prompts)
    if "tools" not in question.body:
        return _CAPITALS[country]
    schema = question.body["tools"][0]["function"]["parameters"]
    right, wrong, *_ = schema["properties"]["label"]["enum"]
    label = right if _CAPITALS[country] in prompts else wrong
    return judgement(label, f"It is {json.dumps(_CAPITALS[country])}.")
